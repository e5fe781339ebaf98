import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { probeFiles, probeSpec } from '../../../src/verify/probe.ts';
import { EXPECTATIONS } from './fixtures/expectations.ts';

const contentOf = (name: string) =>
  probeFiles(EXPECTATIONS).files.find((file) => file.name === `probe/${name}`)!.content;

describe('probeFiles', () => {
  const probe = probeFiles(EXPECTATIONS);
  test('stages three scripts and what to look at', () => {
    expect(probe.files.map((file) => file.name)).toEqual([
      'probe/probe.sh',
      'probe/section.sh',
      'probe/guest.sh',
      'probe/spec',
    ]);
    expect(probe.entry).toBe('probe/probe.sh');
  });
  test('the scripts are the same for every recipe', () => {
    const other = probeFiles({ ...EXPECTATIONS, files: [], sealing: { removed: [], emptied: [] } });
    expect(other.files.slice(0, 3)).toEqual(probe.files.slice(0, 3));
  });
});

describe('probeSpec', () => {
  const lines = probeSpec(EXPECTATIONS).split('\n');
  test.each([
    'file /etc/sysconfig/iptables',
    'directory /var/lib/rancher/rke2/server/manifests',
    'glob /etc/ssh/ssh_host_*',
    'glob /var/lib/NetworkManager/*.lease',
    'path /etc/machine-id',
    'unit firewalld.service',
    'unit nm-cloud-setup.service',
    'module br_netfilter',
    'driver virtio_net',
    `certificate ${'cd'.repeat(32)}`,
  ])('holds %s', (line) => expect(lines).toContain(line));
  test('names nothing twice', () => expect(new Set(lines).size).toBe(lines.length));
  test.each(['', '/a\nfile /b', '/a\tb'])('refuses the path %j', (path) => {
    const sealing = { removed: [path], emptied: [] };
    expect(() => probeSpec({ ...EXPECTATIONS, sealing })).toThrow(
      expect.objectContaining({ code: 'PROBE_SPEC' }),
    );
  });
  test('refuses more than fits into one session', () => {
    const removed = Array.from({ length: 3000 }, (_, n) => `/var/lib/something/long/${n}`);
    expect(() => probeSpec({ ...EXPECTATIONS, sealing: { removed, emptied: [] } })).toThrow(/exceeds/);
  });
});

describe('section.sh', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'section-'));
  afterAll(() => rmSync(scratch, { recursive: true }));
  const record = (call: string) => {
    const script = `set -eu; scratch=${scratch}; ${contentOf('section.sh')}\n${call}`;
    const { stdout } = spawnSync('sh', ['-c', script]);
    return JSON.parse(`{${stdout.toString('utf8').replace(/,\n$/, '')}}`).x;
  };
  test('keeps what JSON would trip over', () => {
    const nasty = 'a "b" \\ c\ttab\r\nnext \\n {"x":1}';
    expect(record(`section x 1000 printf '%s' '${nasty}'`).text).toBe(nasty);
  });
  test('drops control characters', () =>
    expect(record(String.raw`section x 99 printf 'a\001\000\033b'`).text).toBe('ab'));
  test('records status and stderr, and goes on', () => {
    expect(record(`section x 99 sh -c 'echo out; echo bad >&2; exit 3'`)).toEqual({
      status: 3,
      truncated: false,
      text: 'out',
      error: 'bad',
    });
  });
  test('says that it cut off', () => {
    expect(record('section x 10 printf 0123456789abc')).toEqual({
      status: 0,
      truncated: true,
      text: '0123456789',
      error: '',
    });
  });
  test('a command gets no input', () => expect(record('section x 99 cat').text).toBe(''));
  test('a command cannot change the shell of the others', () =>
    expect(record('f() { cd /; limit=1; exit 7; }; section x 99 f').status).toBe(7));
});
