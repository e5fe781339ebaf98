import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { renderSettings, secretsOf } from '../../../src/bake/settings.ts';
import { builderInput } from './input.ts';

describe('renderSettings', () => {
  test('a shell reads back what was given, and runs none of it', () => {
    const url = `https://mirror.example/a'b"c$(echo ran >&2)\`echo ran >&2\`\${HOME}\\.qcow2`;
    const input = builderInput({ base: { url, sha256: 'a'.repeat(64) } });
    const { stdout, stderr } = shell(`${renderSettings(input)}\nprintf %s "$BASE_URL"`);
    expect(stdout).toBe(url);
    expect(stderr).toBe('');
  });

  test('a line break in a value stays in it', () => {
    const input = builderInput({ runId: 'one\nPORT=1' });
    expect(shell(`${renderSettings(input)}\nprintf '%s|%s' "$RUN_ID" "$PORT"`).stdout).toBe(
      'one\nPORT=1|8080',
    );
  });

  test('limits are whole seconds, one per phase and acceleration', () => {
    const text = renderSettings(builderInput());
    expect(text).toContain('LIMIT_CUSTOMIZE_KVM=120\n');
    expect(text).toContain('LIMIT_CUSTOMIZE_TCG=480\n');
    expect(text).toContain('LIMIT_DOWNLOAD_TCG=60\n');
  });

  test('proxies are exported in lower case; an empty one is none', () => {
    const text = renderSettings(builderInput({ proxy: { http: 'http://proxy:3128', no: '' } }));
    expect(text).toContain('export http_proxy=http://proxy:3128\n');
    expect(text).not.toMatch(/no_proxy|https_proxy/);
  });
});

describe('secretsOf', () => {
  test('the token is one', () => {
    expect(secretsOf(builderInput())).toEqual(['a-token-of-24-characters']);
  });

  test('passwords of proxies and mirrors, as written and decoded, and signatures in queries', () => {
    const secrets = secretsOf(
      builderInput({
        proxy: { http: 'http://me:p%40ssword@proxy:3128' },
        base: { url: 'https://mirror.example/base.qcow2?X-Signature=abcdef', sha256: 'a'.repeat(64) },
      }),
    );
    expect(secrets).toEqual(
      expect.arrayContaining(['me:p%40ssword', 'p%40ssword', 'p@ssword', 'X-Signature=abcdef']),
    );
  });
});

function shell(program: string) {
  return spawnSync('bash', ['--norc', '-euc', program], { encoding: 'utf8' });
}
