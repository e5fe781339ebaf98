import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { assertFits, renderNetworkData, renderUserData, SECRET_LIMIT } from '../../../src/bake/cloud-init.ts';
import { UserError } from '../../../src/base/errors.ts';

const HOSTILE = 'a: b\n"quoted" ${x} `y` \t\\ \u2028 ü\n#cloud-config\n';

describe('renderUserData', () => {
  const text = renderUserData(
    [{ name: '/opt/x', content: HOSTILE, mode: '0600' }],
    ['bash', '/opt/x'],
    ['ssh-ed25519 AAAA me'],
  );

  test('begins as cloud-init demands', () => {
    expect(text.split('\n')[0]).toBe('#cloud-config');
  });

  test('files come out as they went in', () => {
    const [file] = parse(text, { version: '1.1' }).write_files;
    expect(file).toMatchObject({ path: '/opt/x', encoding: 'gz+b64' });
    expect(gunzipSync(Buffer.from(file.content, 'base64')).toString()).toBe(HOSTILE);
  });

  test('the mode is a text also for a reader of YAML 1.1', () => {
    expect(parse(text, { version: '1.1' }).write_files[0].permissions).toBe('0600');
  });

  test('runs one command, as words and not through a shell', () => {
    expect(parse(text).runcmd).toEqual([['bash', '/opt/x']]);
  });

  test('lets nobody in by password, and keys only when given', () => {
    expect(parse(text)).toMatchObject({ ssh_pwauth: false, ssh_authorized_keys: ['ssh-ed25519 AAAA me'] });
    expect(parse(renderUserData([], ['true'], []))).not.toHaveProperty('ssh_authorized_keys');
  });
});

describe('renderNetworkData', () => {
  test('a static IPv4 address with its gateway', () => {
    const network = { addresses: ['10.0.0.5/24'], gateways: ['10.0.0.1'], nameservers: ['10.0.0.2'] };
    expect(parse(renderNetworkData(network))).toEqual({
      version: 2,
      ethernets: {
        eth0: {
          dhcp4: false,
          addresses: ['10.0.0.5/24'],
          routes: [{ to: '0.0.0.0/0', via: '10.0.0.1' }],
          nameservers: { addresses: ['10.0.0.2'] },
        },
      },
    });
  });

  test('a gateway of IPv6 is a route of IPv6', () => {
    const network = {
      addresses: ['fd00::5/64'],
      gateways: ['fd00::1'],
      nameservers: [],
      interface: 'enp1s0',
    };
    expect(parse(renderNetworkData(network)).ethernets.enp1s0.routes).toEqual([
      { to: '::/0', via: 'fd00::1' },
    ]);
  });

  test('without a gateway there is no route', () => {
    expect(renderNetworkData({ addresses: ['10.0.0.5/24'], gateways: [], nameservers: [] })).not.toMatch(
      /routes|nameservers/,
    );
  });
});

describe('assertFits', () => {
  test('takes what a Secret holds', () => {
    expect(() => assertFits(['x'.repeat(SECRET_LIMIT - 1), 'y'], [])).not.toThrow();
  });

  test('names the largest files of what it does not', () => {
    const files = [
      { name: '/small', content: 'x', mode: '0600' },
      {
        name: '/large',
        content: Array.from({ length: 9999 }, (_, index) => index * 7919).join(),
        mode: '0600',
      },
    ];
    const thrown = caught(() => assertFits(['x'.repeat(SECRET_LIMIT), 'y'], files)) as UserError;
    expect(thrown).toBeInstanceOf(UserError);
    expect(thrown).toMatchObject({ code: 'BUILDER_TOO_LARGE', mend: expect.stringContaining('downloads') });
    expect(thrown.evidence[0]).toMatch(/^\/large: .*KiB compressed$/);
  });
});

function caught(work: () => void): unknown {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}
