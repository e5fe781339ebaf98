import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
    const script = `set -eu; scratch=${scratch}; ${contentOf('section.sh')}\n${call}\nprint_sections`;
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
  test.each([
    ['0123456789', false],
    ['0123456789\\n', false],
    ['0123456789\\n\\n', true],
    ['01234\\n56789', true],
  ])('ten bytes and the end of the last line fit into a limit of ten: %s', (text, truncated) =>
    expect(record(`section x 10 printf '${text}'`).truncated).toBe(truncated),
  );
  test('prints each section once, in the order of the calls', () => {
    const script = `scratch=${scratch}; ${contentOf('section.sh')}
      section b 9 echo 1; section a 9 echo 2; print_sections; section c 9 echo 3; print_sections`;
    const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    expect(stdout.match(/^"\w"/gm)).toEqual(['"b"', '"a"', '"c"']);
  });
  test('a command gets no input', () => expect(record('section x 99 cat').text).toBe(''));
  test('a command cannot change the shell of the others', () =>
    expect(record('f() { cd /; limit=1; exit 7; }; section x 99 f').status).toBe(7));
});

describe('guest.sh', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'guest-'));
  afterAll(() => rmSync(scratch, { recursive: true }));
  const functions = contentOf('guest.sh').split(/^section /m)[0]!;
  const run = (call: string, spec = '') => {
    const spec64 = Buffer.from(spec).toString('base64');
    const script = `scratch=${scratch}; spec64=${spec64}; ${contentOf('section.sh')}\n${functions}\n${call}`;
    return spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout;
  };
  const file = (name: string, content: string) => {
    writeFileSync(join(scratch, name), content);
    return join(scratch, name);
  };

  test('a file whose last line has no end does not swallow the next one', () => {
    const files = [file('grubenv', 'saved_entry=a\n####'), file('empty', ''), file('fstab', 'UUID=1 /\n')];
    expect(run(`contents ${files.join(' ')} ${scratch}/none`)).toBe(
      `=${files[0]}\n|saved_entry=a\n|####\n=${files[1]}\n=${files[2]}\n|UUID=1 /\n`,
    );
  });
  test('paths come in the order of the list, absent ones among them', () => {
    const present = file('a b', 'x');
    const spec = `path ${scratch}/none\nfile ${present}\ndirectory ${scratch}/no folder\n`;
    const rows = run('paths', spec).trimEnd().split('\n');
    expect(rows.map((row) => row.split('\t')).map((row) => [row[0], row.at(-1)])).toEqual([
      ['absent', `${scratch}/none`],
      ['f', present],
      ['absent', `${scratch}/no folder`],
    ]);
  });
  test('counts the entries of directories, none in an empty one', () => {
    mkdirSync(join(scratch, 'full/sub/deep'), { recursive: true });
    mkdirSync(join(scratch, 'bare'));
    const spec = ['full', 'bare', 'none'].map((name) => `directory ${scratch}/${name}\n`).join('');
    expect(run('directory_entries', spec)).toBe(`1\t${scratch}/full\n0\t${scratch}/bare\n`);
  });
  test.each([1, 2, 3, 1000])('digests certificates of %d bytes, whatever the bytes', (size) => {
    const bodies = [0, 1, 2].map((seed) =>
      Buffer.from(Array.from({ length: size }, (_, n) => (n * 7 + seed * 85) % 256)),
    );
    const pem = bodies.map((der) => {
      const lines = der
        .toString('base64')
        .match(/.{1,64}/g)!
        .join('\n');
      return `# one\n-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
    });
    const path = file('bundle.pem', pem.join('\n'));
    const digests = bodies.map((der) => createHash('sha256').update(der).digest('hex'));
    expect(run(`certificate_digests bundle ${path}`)).toBe(
      digests.map((digest) => `bundle\t${digest}\t${path}\n`).join(''),
    );
  });
  test.each([
    ['      password: hunter2', '      password: (set)'],
    ['  h: { auth: { username: u, password: hunter2 } }', '  h: { auth: (set)'],
    ['  h: { password: hunter2, username: u }', '  h: { password: (set)'],
    ['      "identity_token" : "hunter2"', '      "identity_token" : (set)'],
    ['    auth:', '    auth:'],
    ['      ca_file: /etc/ca.pem', '      ca_file: /etc/ca.pem'],
  ])('of %j it tells %j', (line, told) => {
    const path = file('registries.yaml', `${line}\n`);
    expect(run(`contents ${path} | without_credentials`)).toBe(`=${path}\n|${told}\n`);
  });
  test('a file without certificates has no digests', () =>
    expect(run(`certificate_digests anchor ${file('note', 'hello\n')}`)).toBe(''));

  // A stand-in for systemctl up to 252: it stops at the first unit that it does not know.
  const OLD_SYSTEMCTL = `systemctl() {
    shift 3
    for name in "$@"; do case $name in no*) return 1 ;; esac; echo enabled; done
  }`;
  test('a unit that systemctl stops at has no state, and those behind it keep theirs', () => {
    expect(run(`${OLD_SYSTEMCTL}; unit_states a no1 no2 b c no3`)).toBe(
      'a\tenabled\nno1\t\nno2\t\nb\tenabled\nc\tenabled\nno3\t\n',
    );
  });
  test('a systemctl that answers for every unit is asked once', () => {
    const systemctl = `systemctl() { shift 3; echo "$*" >>${scratch}/calls; for name in "$@"; do echo "is $name"; done; }`;
    expect(run(`${systemctl}; unit_states a b; cat ${scratch}/calls`)).toBe('a\tis a\nb\tis b\na b\n');
  });
});

describe('fstab_mounts of probe.sh', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'fstab-'));
  afterAll(() => rmSync(scratch, { recursive: true }));
  writeFileSync(
    join(scratch, 'filesystems.out'),
    `=/dev/sda2\nLABEL: EFI\nUUID: 7B77-95E7\nTYPE: vfat\n=/dev/sda3\nUUID: b-o\nLABEL: twin\nTYPE: xfs
=/dev/sda4\nUUID: r-t\nLABEL: twin\nPART_ENTRY_UUID: p-4\nTYPE: xfs\n`,
  );
  const mounts = (fstab: string) => {
    writeFileSync(join(scratch, 'fstab'), fstab);
    const body = /^fstab_mounts\(\) \{[\s\S]*?^\}/m.exec(contentOf('probe.sh'))![0];
    const script = `scratch=${scratch}; ${body}; fstab_mounts /dev/sda4`;
    const { status, stdout } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
    return status === 0 ? stdout : 'inspect';
  };

  test('resolves UUID, LABEL and PARTUUID; passes over comments and swap', () => {
    const fstab = '# made\n\nPARTUUID=p-4 / xfs ro 0 0\nUUID=b-o\t/boot xfs x 0 0\nUUID=s none swap x 0 0\n';
    expect(mounts(`${fstab}LABEL=EFI /boot/efi vfat x 0 2\n`)).toBe(
      '/\t/dev/sda4\n/boot\t/dev/sda3\n/boot/efi\t/dev/sda2\n',
    );
  });
  test.each([
    ['an unknown UUID', 'UUID=r-t / xfs\nUUID=gone /boot xfs\n'],
    ['a label that two partitions have', 'UUID=r-t / xfs\nLABEL=twin /data xfs\n'],
    ['a device name', 'UUID=r-t / xfs\n/dev/vda3 /boot xfs\n'],
    ['an escaped path', 'UUID=r-t / xfs\nUUID=b-o /a\\040b xfs\n'],
    ['a root that lies elsewhere', 'UUID=b-o / xfs\n'],
    ['no root', 'UUID=b-o /boot xfs\n'],
    ['nothing', ''],
  ])('leaves %s to inspection', (_, fstab) => expect(mounts(fstab)).toBe('inspect'));
});
