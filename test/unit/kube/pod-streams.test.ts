/** exec and port-forward against a server that speaks Kubernetes' channel protocols, byte by byte. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/base/clock.ts';
import { execOver, execStreamOver } from '../../../src/kube/exec.ts';
import { portForwardOver } from '../../../src/kube/port-forward.ts';
import { acceptUpgrade, serverFrame, unmasked } from './web-socket-server.ts';

const SUCCESS = JSON.stringify({ status: 'Success' });
const V5 = 'v5.channel.k8s.io';
const V4 = 'v4.channel.k8s.io';
const CLOSE = 8;
/** Bytes: many times what the kernel keeps for a connection that nobody reads. */
const WHOLE = 32 << 20;

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A server whose side of the connection is `serve`; it chooses `protocol`. */
async function connection(protocol: string, serve: (socket: Duplex) => void) {
  server = createServer().listen(0, '127.0.0.1');
  server.on('upgrade', (request, socket) => {
    acceptUpgrade(request, socket, protocol);
    serve(socket);
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/x`, headers: {}, dispatcher: undefined, clock: systemClock };
}

const says = (socket: Duplex, channel: number, text: string | Buffer) =>
  socket.write(serverFrame(Buffer.concat([Buffer.of(channel), Buffer.from(text)])));
const port = Buffer.of(0x90, 0x1f);

async function textOf(stream: Duplex): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

describe('exec', () => {
  test('hands out both outputs and the exit code', async () => {
    const at = await connection(V5, (socket) => {
      says(socket, 1, 'out');
      says(socket, 2, 'err');
      const causes = [{ reason: 'ExitCode', message: '7' }];
      says(socket, 3, JSON.stringify({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes } }));
    });
    const written: string[] = [];
    const take = (chunk: Buffer) => void written.push(chunk.toString());
    expect(await execOver(at, { command: ['x'], onStdout: take, onStderr: take })).toBe(7);
    expect(written).toEqual(['out', 'err']);
  });

  test('a connection that is cut is not an end', async () => {
    const at = await connection(V5, (socket) => socket.end());
    await expect(execOver(at, { command: ['x'] })).rejects.toMatchObject({ code: 'WEBSOCKET_CUT' });
  });

  test.each([
    ['exec failed: exec: "nc": executable file not found in $PATH: unknown', 'EXEC_NOT_STARTED'],
    ['executable file `nc` not found in $PATH: No such file or directory', 'EXEC_NOT_STARTED'],
    ['Internal error occurred: container is not running', 'EXEC_FAILED'],
    ['', 'EXEC_FAILED'],
  ])('the server says why nothing ran: %s', async (message, code) => {
    const at = await connection(V5, (socket) =>
      says(socket, 3, JSON.stringify({ status: 'Failure', reason: 'InternalError', message })),
    );
    await expect(execOver(at, { command: ['x'] })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  test('an empty message on the status channel is no status, and one without JSON is told', async () => {
    const at = await connection(V4, (socket) => {
      says(socket, 3, '');
      says(socket, 3, 'no pod sandbox');
    });
    await expect(execOver(at, { command: ['x'] })).rejects.toThrow('no pod sandbox');
  });

  test('a server that upgrades to nothing offered is refused', async () => {
    const at = await connection('v9.channel.k8s.io', () => {});
    await expect(execStreamOver(at, undefined)).rejects.toThrow('speaks no protocol');
  });
});

describe('exec as a stream', () => {
  test('closing stdin leaves the way back open', async () => {
    const at = await connection(V5, (socket) => {
      const got: number[][] = [];
      unmasked(socket, (_, content) => {
        got.push([...content]);
        if (content[0] !== 255) return;
        says(socket, 1, JSON.stringify(got));
        says(socket, 3, SUCCESS);
      });
    });
    const stream = await execStreamOver(at, undefined);
    stream.end(Buffer.of(9, 8));
    expect(await textOf(stream)).toBe('[[0,9,8],[255,0]]');
  });

  test('before version 5 the end of stdin is the end of both ways', async () => {
    const closed = new Promise((resolve) => {
      void connection(V4, (socket) =>
        unmasked(socket, (opcode) => opcode === CLOSE && resolve('closed')),
      ).then(async (at) => (await execStreamOver(at, undefined)).end().resume());
    });
    expect(await closed).toBe('closed');
  });

  test('a failed command fails the stream with what it complained', async () => {
    const at = await connection(V5, (socket) => {
      says(socket, 2, 'nc: connection refused\n');
      const causes = [{ reason: 'ExitCode', message: '1' }];
      says(socket, 3, JSON.stringify({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes } }));
    });
    const stream = await execStreamOver(at, undefined);
    await expect(textOf(stream)).rejects.toThrow('exit code 1: nc: connection refused');
  });

  test('a signal ends it with its reason', async () => {
    const at = await connection(V5, () => {});
    const stop = new AbortController();
    const stream = await execStreamOver(at, stop.signal);
    const read = textOf(stream);
    stop.abort(new Error('enough'));
    await expect(read).rejects.toThrow('enough');
  });

  test('who does not read makes the server wait', async () => {
    const piece = Buffer.alloc(32 << 10, 1);
    let sent = 0;
    const at = await connection(V5, async (socket) => {
      for (; sent < WHOLE; sent += piece.length) if (!says(socket, 1, piece)) await once(socket, 'drain');
      says(socket, 3, SUCCESS);
    });
    const stream = await execStreamOver(at, undefined);
    await systemClock.sleep(300);
    expect(sent).toBeLessThan(WHOLE / 2);
    expect((await textOf(stream)).length).toBe(WHOLE);
  }, 30_000);

  test('a server that does not read makes the writer wait', async () => {
    const at = await connection(V5, (socket) => socket.pause());
    const stream = await execStreamOver(at, undefined);
    const piece = Buffer.alloc(1 << 20);
    let written = 0;
    while (written < 64 && stream.write(piece)) written++;
    expect(stream.writableNeedDrain).toBe(true);
    expect(written).toBeLessThan(2);
    stream.destroy();
  });

  test('pings are answered', async () => {
    const at = await connection(V5, (socket) => {
      socket.write(serverFrame(Buffer.from('hello'), 9));
      unmasked(socket, (opcode, content) => {
        if (opcode !== 10) return;
        says(socket, 1, content);
        says(socket, 3, SUCCESS);
      });
    });
    expect(await textOf(await execStreamOver(at, undefined))).toBe('hello');
  });

  test('a ping between two pieces of a message is no part of it', async () => {
    const at = await connection(V5, (socket) => {
      socket.write(serverFrame(Buffer.from('\u0001he'), 2, false));
      socket.write(serverFrame(Buffer.from('in between'), 9));
      socket.write(serverFrame(Buffer.from('llo'), 0));
      says(socket, 3, SUCCESS);
    });
    expect(await textOf(await execStreamOver(at, undefined))).toBe('hello');
  });

  test.each([
    ['masked, as only a client masks', Buffer.of(0x82, 0x81, 1, 2, 3, 4, 5)],
    ['longer than any message', Buffer.of(0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0)],
  ])('a frame that is %s ends it', async (_, frame) => {
    const at = await connection(V5, (socket) => void socket.write(frame));
    const stream = await execStreamOver(at, undefined);
    await expect(textOf(stream)).rejects.toMatchObject({ code: 'WEBSOCKET_CUT' });
  });

  test('a message may come in pieces, cut anywhere', async () => {
    const at = await connection(V5, async (socket) => {
      const long = Buffer.concat([Buffer.of(1), Buffer.alloc(70_000, 'x')]);
      const first = serverFrame(long.subarray(0, 300), 2, false);
      const bytes = Buffer.concat([first, serverFrame(long.subarray(300), 0)]);
      const cuts = [0, 1, 2, 3, 50, 305, 310, bytes.length];
      for (const [index, end] of cuts.slice(1).entries()) {
        socket.write(bytes.subarray(cuts[index], end));
        await systemClock.sleep(2);
      }
      says(socket, 3, SUCCESS);
    });
    expect((await textOf(await execStreamOver(at, undefined))).length).toBe(70_000);
  });
});

describe('port-forward', () => {
  test('the ports before the data are taken off, once', async () => {
    const at = await connection(V4, (socket) => {
      says(socket, 0, port);
      says(socket, 1, port);
      unmasked(socket, (_, content) => {
        says(socket, 0, Buffer.concat([port, content.subarray(1)]));
        socket.end(serverFrame(Buffer.of(3, 232), CLOSE));
      });
    });
    const stream = await portForwardOver(at, undefined);
    stream.write('abc');
    const pieces: Buffer[] = [];
    for await (const piece of stream) pieces.push(piece as Buffer);
    expect(Buffer.concat(pieces)).toEqual(Buffer.concat([port, Buffer.from('abc')]));
  });

  test.each([true, false])(
    'what the node complains of fails the stream; it says goodbye: %s',
    async (polite) => {
      const at = await connection(V4, (socket) => {
        says(socket, 0, port);
        says(socket, 1, port);
        says(socket, 1, 'dial tcp 127.0.0.1:8080: connect: connection refused');
        socket.end(polite ? serverFrame(Buffer.of(3, 232), CLOSE) : '');
      });
      const stream = await portForwardOver(at, undefined);
      await expect(textOf(stream)).rejects.toMatchObject({
        code: 'PORT_FORWARD_FAILED',
        message: expect.stringContaining('connection refused'),
      });
    },
  );

  test('a connection that is cut is not an end', async () => {
    const at = await connection(V4, (socket) => {
      says(socket, 0, Buffer.concat([port, Buffer.from('half')]));
      socket.end();
    });
    await expect(textOf(await portForwardOver(at, undefined))).rejects.toMatchObject({
      code: 'WEBSOCKET_CUT',
    });
  });

  test('ending it ends both ways', async () => {
    const at = await connection(V4, (socket) => void says(socket, 0, port));
    const stream = await portForwardOver(at, undefined);
    stream.end('bye');
    expect(await textOf(stream)).toBe('');
  });
});
