/** A folder that stands in for an image, so that the steps' shell code runs for real without one. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface ImageTree {
  write(path: string, content: string): void;
  read(path: string): string;
  exists(path: string): boolean;
  /** Makes a program that steps find first; each call's arguments are added to `<name>.calls`. */
  program(name: string, script: string): void;
  /** Runs a step's body with the paths of the image turned into paths of the folder. */
  run(body: string, env?: Readonly<Record<string, string>>): { status: number | null; output: string };
  remove(): void;
}

const IMAGE_PATHS = /(?<![\w/])\/(etc|boot|proc|usr\/lib\/modules|usr\/sbin|var|root|home|tmp)(?=[/$])/g;

export function imageTree(): ImageTree {
  const folder = mkdtempSync(join(tmpdir(), 'image-'));
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  return {
    write,
    read: (path) => readFileSync(join(folder, path), 'utf8'),
    exists: (path) => existsSync(join(folder, path)),
    program(name, script) {
      write(`programs/${name}`, `#!/bin/sh\nprintf '%s\\n' "$*" >>"${folder}/${name}.calls"\n${script}\n`);
      chmodSync(join(folder, 'programs', name), 0o755);
    },
    run(body, env = {}) {
      const text = `set -eu\n${body.replace(IMAGE_PATHS, `${folder}/$1`)}`;
      const path = `${folder}/programs:${process.env.PATH}`;
      const { status, stdout, stderr } = spawnSync('sh', ['-c', text, ...(env.ARGUMENTS?.split(' ') ?? [])], {
        encoding: 'utf8',
        env: { PATH: path, LC_ALL: 'C', ...env },
      });
      return { status, output: `${stdout}${stderr}`.replaceAll(folder, '') };
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
