/** Archives made by the programs themselves, from an image in a registry: what the writers made in code are held against. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { preparePeers } from '../../../lab/registry/peers.ts';
import { silentLogger } from '../../../src/base/log.ts';
import { mustRun } from '../../../src/base/process.ts';

export interface ProgramArchive {
  /** `skopeo docker-archive`. */
  readonly name: string;
  readonly file: string;
  /** Whether it holds the OCI manifest, whose digest must then stay. */
  readonly keepsDigest: boolean;
}

type Make = (options: { program: string; source: string; file: string; folder: string }) => Promise<unknown>;

/** `source` is `host/repository:tag`, plain HTTP. */
const MAKERS: Readonly<
  Record<string, { by: 'skopeo' | 'crane' | 'regctl'; keepsDigest: boolean; make: Make }>
> = {
  'skopeo docker-archive': {
    by: 'skopeo',
    keepsDigest: false,
    make: ({ program, source, file }) =>
      mustRun(program, [
        'copy',
        '--src-tls-verify=false',
        `docker://${source}`,
        `docker-archive:${file}:${source}`,
      ]),
  },
  'skopeo oci-archive': {
    by: 'skopeo',
    keepsDigest: true,
    make: ({ program, source, file }) =>
      mustRun(program, [
        'copy',
        '--src-tls-verify=false',
        `docker://${source}`,
        `oci-archive:${file}:${source}`,
      ]),
  },
  'crane tarball': {
    by: 'crane',
    keepsDigest: false,
    make: ({ program, source, file }) => mustRun(program, ['pull', '--insecure', source, file]),
  },
  'crane legacy': {
    by: 'crane',
    keepsDigest: false,
    make: ({ program, source, file }) =>
      mustRun(program, ['pull', '--insecure', '--format', 'legacy', source, file]),
  },
  'tar of an OCI folder by crane': {
    by: 'crane',
    keepsDigest: true,
    make: async ({ program, source, file, folder }) => {
      await mustRun(program, ['pull', '--insecure', '--format', 'oci', source, folder]);
      await mustRun('tar', ['-C', folder, '-cf', file, '.']);
    },
  },
  'regctl export': {
    by: 'regctl',
    keepsDigest: true,
    make: ({ program, source, file, folder }) => {
      const host = source.split('/')[0]!;
      const env = { ...process.env, REGCTL_CONFIG: `${folder}.json` };
      const plain = ['--host', `reg=${host},tls=disabled`];
      return mustRun(program, ['image', 'export', ...plain, source, file], { env });
    },
  },
};

/** Makes each of them into `folder`; file names are `<slug>-v1.0.0-amd64.tar`. */
export async function makeProgramArchives(source: string, folder: string): Promise<ProgramArchive[]> {
  const programs = await preparePeers(['skopeo', 'crane', 'regctl'], { log: silentLogger });
  const made: ProgramArchive[] = [];
  for (const [name, { by, keepsDigest, make }] of Object.entries(MAKERS)) {
    const slug = slugOf(name);
    const file = join(folder, `${slug}-v1.0.0-amd64.tar`);
    await mkdir(join(folder, `${slug}.work`), { recursive: true });
    await make({ program: programs[by], source, file, folder: join(folder, `${slug}.work`) });
    made.push({ name, file, keepsDigest });
  }
  return made;
}

/** A name as repositories and files can have it. */
export function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
