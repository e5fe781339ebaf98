/** What a registry's client makes of a way that stumbles: a tunnel's connections end for reasons that no socket has. */
import { connect } from 'node:net';
import { Duplex, pipeline, Transform } from 'node:stream';
import { afterEach, expect, test } from '@jest/globals';
import { type LabRegistry, startRegistry } from '../../../../lab/registry/start.ts';
import type { Dial } from '../../../../src/base/dial.ts';
import { EnvironmentError } from '../../../../src/base/errors.ts';
import { blobOf, client } from './bench.ts';

let registry: LabRegistry | undefined;
afterEach(() => registry?.close());

/** Its first connection that writes more than `after` bytes fails with `error`; 0: the first one does not come about. */
async function stumbling(error: Error, after: number) {
  registry = await startRegistry();
  let failed = false;
  const dial: Dial = async (host, port) => {
    if (!failed && after === 0) {
      failed = true;
      throw error;
    }
    let written = 0;
    const count = new Transform({
      transform: (chunk: Buffer, _, done) => {
        written += chunk.length;
        const fails = !failed && written > after;
        failed ||= fails;
        done(fails ? error : null, chunk);
      },
    });
    const socket = connect(port, host).on('error', () => {});
    pipeline(count, socket, () => {});
    return Duplex.from({ writable: count, readable: socket });
  };
  return { at: client({ host: registry.host, dial }).registry, failed: () => failed };
}

const failure = (code: string) => new EnvironmentError(code, `${code}: said by the tunnel`);

test.each([
  ['WEBSOCKET_CUT', 300_000],
  ['EXEC_FAILED', 300_000],
  ['PORT_FORWARD_FAILED', 300_000],
  ['TUNNEL_NO_POD', 0],
  ['KUBE_UNREACHABLE', 0],
])('%s after %i bytes: the upload goes on over another connection', async (code, after) => {
  const { at, failed } = await stumbling(failure(code), after);
  const blob = blobOf(1 << 20);
  await at.ensureBlob('library/app', blob, {});
  expect(await at.headBlob('library/app', blob.digest, {})).toBeTruthy();
  expect(failed()).toBe(true);
  await at.close();
});

test.each(['EXEC_NOT_STARTED', 'VIA_TARGET_UNFIT', 'KUBE_FORBIDDEN'])(
  '%s is no matter of time: said at once',
  async (code) => {
    const { at } = await stumbling(failure(code), 0);
    await expect(at.headBlob('library/app', blobOf(10).digest, {})).rejects.toMatchObject({ code });
    await at.close();
  },
);
