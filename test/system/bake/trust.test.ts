import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openAuthority } from '../../../lab/authority.ts';
import { hashOf } from '../../../src/base/hash.ts';
import type { Certificate } from '../../../src/recipe/model.ts';
import { describeIf } from '../../requirements.ts';
import { freePort, inputWith, rehearse, stopServer } from './rehearsal.ts';

const IMAGE = Buffer.concat([Buffer.from('QFI\xfb', 'latin1'), Buffer.alloc(1000)]);

describeIf(['root', 'netns', 'openssl'], 'a base image behind a private CA', () => {
  let folder: string;
  let site: Server;
  let ca: Certificate;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rke2-actions-trust-'));
    const authority = await openAuthority(join(folder, 'ca'));
    ca = { name: 'rke2-actions-test-ca', pem: authority.certificate };
    const { cert, key } = await authority.issue(['127.0.0.1']);
    site = createServer({ cert, key }, (_request, response) => response.end(IMAGE));
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    await writeFile(join(folder, 'overlay.sh'), OVERLAY);
  });

  afterAll(async () => {
    site.closeAllConnections();
    site.close();
    await rm(folder, { recursive: true });
  });

  test('is downloaded once the recipe brings the CA, and this machine does not learn of it', async () => {
    const bake = await prepareAndDownload('trusting', [ca]);
    expect(bake.lines.join('\n')).toContain('the base image: 0 MiB');
    expect(bake.exitCode).toBe(0);
    expect(existsSync(`/usr/local/share/ca-certificates/${ca.name}.crt`)).toBe(false);
  }, 60_000);

  test('is refused at once without it', async () => {
    const bake = await prepareAndDownload('strict', []);
    expect(bake.marks('error')).toMatchObject([
      { phase: 'download', message: expect.stringMatching(/certificate/i) },
    ]);
    expect(bake.lines.join()).not.toContain('attempt 1');
  }, 60_000);

  async function prepareAndDownload(name: string, certificates: readonly Certificate[]) {
    const work = join(folder, name);
    await mkdir(work);
    const { port } = site.address() as { port: number };
    const base = { url: `https://127.0.0.1:${port}/base.qcow2`, sha256: hashOf('sha256', IMAGE) };
    const recipe = { name: 'rehearsal', certificates, downloads: [] };
    const bake = await rehearse(inputWith({ base, recipe, port: await freePort() }), {
      folder: work,
      phases: ['prepare', 'download'],
      wrapper: ['unshare', '--mount', 'bash', join(folder, 'overlay.sh'), join(work, 'overlay')],
    });
    await stopServer(work);
    return bake;
  }
});

/** Lets what it runs change /etc and /usr/local, without this machine being changed. */
const OVERLAY = `set -eu
layers=$1
shift
for part in etc usr/local; do
  mkdir -p "$layers/$part/upper" "$layers/$part/work"
  mount -t overlay overlay -o "lowerdir=/$part,upperdir=$layers/$part/upper,workdir=$layers/$part/work" "/$part"
done
exec "$@"
`;
