import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { type Dial, dialAddress, parseResolve, wayTo } from '../../../src/base/dial.ts';

const never = new AbortController().signal;

async function listening<T>(work: (port: number) => Promise<T>): Promise<T> {
  const server = createServer((socket) => socket.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

async function greeting(dial: Dial, port: number): Promise<string> {
  const stream = await dial('any.example.com', port, never);
  return Buffer.concat(await stream.toArray()).toString();
}

describe('an address', () => {
  test('is dialled whatever the host, at the port that is asked for', () =>
    listening(async (port) => expect(await greeting(dialAddress('127.0.0.1'), port)).toBe('hello')));
  test('is dialled at its own port', () =>
    listening(async (port) => expect(await greeting(dialAddress('127.0.0.1', port), 443)).toBe('hello')));
  test('where nothing listens says so', () =>
    expect(dialAddress('127.0.0.1')('h', 1, never)).rejects.toMatchObject({ code: 'HTTP_REFUSED' }));
  test('is not dialled once that is cancelled', () =>
    expect(dialAddress('127.0.0.1')('h', 1, AbortSignal.abort())).rejects.toMatchObject({
      code: 'CANCELLED',
    }));
});

describe('a line of resolve', () => {
  test.each([
    ['harbor.example.com=10.0.0.5', 'harbor.example.com', 443],
    ['Harbor.Example.com:8443=10.0.0.5:443', 'harbor.example.com', 8443],
    ['harbor.example.com=other.example.com', 'harbor.example.com', 80],
    ['harbor.example.com=[fd00::5]:443', 'harbor.example.com', 443],
    ['[fd00::1]:5000=10.0.0.5', '[fd00::1]', 5000],
  ])('%s', (line, host, port) => expect(wayTo(parseResolve([line]), host, port)).toBeDefined());

  test.each([
    ['of another port', 'r.io:8443=10.0.0.5', 'r.io', 443],
    ['of another host', 'r.io=10.0.0.5', 'x.r.io', 443],
  ])('%s is not meant', (_, line, host, port) =>
    expect(wayTo(parseResolve([line]), host, port)).toBeUndefined(),
  );

  test('all wrong ones are told at once', () =>
    expect(() => parseResolve(['r.io', 'a=b', 'r.io:99999=1.2.3.4', 'x=[fd00::1'])).toThrow(
      expect.objectContaining({
        code: 'RESOLVE_INVALID',
        message: expect.stringMatching(/r\.io, r\.io:99999=1\.2\.3\.4, x=\[fd00::1/),
      }),
    ));

  test('is dialled', () =>
    listening(async (port) => {
      const ways = parseResolve([`any.example.com:443=127.0.0.1:${port}`]);
      expect(await greeting(wayTo(ways, 'any.example.com', 443)!, 443)).toBe('hello');
    }));
});
