/** Faults that take more than one build, or more than one look, to show. They run on every cluster. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { StepResult } from '../../../lab/mini-runner/run-step.ts';
import { clockAhead, EXPIRED, type Rig, STAYS } from './rig.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Planted as proxy passwords; the second needs escapes in a URL. */
const PASSWORDS = ['planted-password-4f1d9c', 'p@ss/word:9c4f'] as const;

export function severalStepSuite(rig: () => Rig): void {
  test(
    'two builds of one recipe run at once: one wins, the other says so and leaves nothing',
    async () => {
      await rig().clear();
      const before = await rig().census();
      rig().play({ slow: { customize: 3000 } });
      const results = await Promise.all([rig().build(), rig().build()]);
      const [winner, loser] = results.sort((a, b) => b.conclusion.localeCompare(a.conclusion)) as [
        StepResult,
        StepResult,
      ];
      expect([winner.conclusion, loser.conclusion]).toEqual(['success', 'failure']);
      expect(loser.outputs['error-code']).toBe('HARVESTER_BUILD_RUNNING');
      expect(wordsOf(loser)).toMatch(
        /Build 1-1-[0-9a-f]{6} of the recipe "small-node" is under way in namespace "default" since 20/,
      );
      await rig().removeImage(winner.outputs['image-id']!);
      expect(await rig().leftSince(before)).toEqual([]);
    },
    MINUTE,
  );

  test(
    'the token of the kubeconfig expires half-way: the build says what it had to leave, and the janitor takes it',
    async () => {
      await rig().clear();
      const before = await rig().census();
      const user = { name: 'expiring', groups: ['system:masters'] };
      rig().play({ slow: { customize: 3000 + rig().cluster.tokenMemory } });
      rig().useKubeconfig(rig().cluster.api.kubeconfigFor(user));
      const result = await rig().build(
        {},
        { onLine: (line) => void (line.includes('== customize') && rig().cluster.api.revoke(user.name)) },
      );
      expect(result.outputs['error-code']).toBe('KUBE_UNAUTHORIZED');
      expect(wordsOf(result)).toMatch(/credentials of the kubeconfig are not valid \(any more\)/);
      expect(wordsOf(result)).toMatch(/(still there|may be left|not finished).*\b1-1-[0-9a-f]{6}\b/);
      expect(await rig().leftSince(before, STAYS)).not.toEqual([]);
      await rig().janitor(EXPIRED);
      expect(await rig().leftSince(before)).toEqual([]);
    },
    2 * MINUTE,
  );

  test.each([
    ['three hours ahead', 3 * HOUR],
    ['three hours behind', -3 * HOUR],
  ])(
    'the clock of the runner is %s: the build goes through, and the next one is skipped',
    async (_, ahead) => {
      await rig().clear();
      const before = await rig().census();
      const options = { env: clockAhead(ahead) };
      const first = await rig().build({}, options);
      expect([first.conclusion, first.outputs['error-code']]).toEqual(['success', undefined]);
      const again = await rig().build({}, options);
      expect([again.conclusion, again.outputs['image-id']]).toEqual(['success', first.outputs['image-id']]);
      await rig().removeImage(first.outputs['image-id']!);
      expect(await rig().leftSince(before)).toEqual([]);
    },
    MINUTE,
  );

  test.each(['a build that succeeds', 'a build that fails'])(
    'planted secrets are in nothing that %s leaves, though its console shows them',
    async (which) => {
      await rig().clear();
      const before = await rig().census();
      const proxies = PASSWORDS.map((word) => `http://user:${encodeURIComponent(word)}@proxy.invalid:3128`);
      const says = [...PASSWORDS.map((word) => `curl: proxy user:${word}`), ...proxies];
      const fails = { phase: 'compress' as const, message: `cannot reach ${proxies[0]}` };
      rig().play(which === 'a build that fails' ? { says, fails } : { says });
      const kubeconfig = rig().cluster.api.kubeconfigFor({ name: 'planted', groups: ['system:masters'] });
      rig().useKubeconfig(kubeconfig);
      const output = join(rig().folder, `output-${Math.random().toString(36).slice(2)}`);
      const lines: string[] = [];
      const result = await rig().build(
        {
          'output-folder': output,
          'http-proxy': proxies[0]!,
          'https-proxy': proxies[1]!,
          'no-proxy': '10.0.0.0/8,fd98::/16',
        },
        { debug: true, onLine: (line) => lines.push(line) },
      );
      const secrets = [
        ...PASSWORDS,
        ...PASSWORDS.map(encodeURIComponent),
        /token: (\S+)/.exec(kubeconfig)![1]!,
      ];
      const texts = new Map<string, string>([
        ['log', lines.join('\n')],
        ['summary', result.summary],
        ['outputs', JSON.stringify(result.outputs)],
        ['annotations', JSON.stringify(result.annotations)],
        ['later environment', JSON.stringify([result.env, result.path])],
      ]);
      for (const name of await readdir(output))
        texts.set(`file ${name}`, await readFile(join(output, name), 'utf8'));
      const id = result.outputs['image-id'];
      if (id) {
        texts.set('image', await readFile(rig().cluster.harvester.imageFile(id)!, 'latin1'));
        texts.set('image object', JSON.stringify(await rig().imageObject(id)));
        await rig().removeImage(id);
      }
      expect(texts.size).toBeGreaterThan(6);
      for (const [place, text] of texts)
        for (const secret of secrets)
          expect({ place, leaks: text.includes(secret) && secret }).toEqual({ place, leaks: false });
      expect(await rig().leftSince(before)).toEqual([]);
    },
    MINUTE,
  );

  test(
    'a private key among the CA certificates is refused before anything is made, and shown nowhere',
    async () => {
      const before = await rig().census();
      const secret = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7planted';
      const key = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`;
      const result = await rig().build({ 'ca-certificates': `${rig().cluster.api.caPem}\n${key}` });
      expect(result.outputs['error-code']).toBe('INPUT_INVALID');
      expect(wordsOf(result)).toMatch(/ca-certificates.*contains a private key/s);
      expect([...result.lines, result.summary, JSON.stringify(result.outputs)].join('\n')).not.toContain(
        secret,
      );
      expect(await rig().leftSince(before)).toEqual([]);
    },
    MINUTE,
  );
}

const wordsOf = ({ annotations }: StepResult) => annotations.map(({ message }) => message).join('\n');
