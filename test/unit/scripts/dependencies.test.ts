import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

interface LockEntry {
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Record<string, string>;
}

const root = join(import.meta.dirname, '..', '..', '..');
const read = (path: string) => readFile(join(root, path), 'utf8');

const manifest = JSON.parse(await read('package.json'));
const lock = JSON.parse(await read('package-lock.json')) as { packages: Record<string, LockEntry> };
const page = await read('docs/dependencies.md');

const dependencies: string[] = Object.keys({
  ...manifest.dependencies,
  ...manifest.devDependencies,
  ...manifest.optionalDependencies,
});

test.each(dependencies)('docs/dependencies.md gives the reason for %s', (name) => {
  expect(page.split('\n').some((line) => line.startsWith('|') && line.includes(`\`${name}\``))).toBe(true);
});

test.each(Object.entries({ ...manifest.dependencies, ...manifest.optionalDependencies }))(
  '%s is pinned to an exact version',
  (_name, version) => {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  },
);

/** Whether what `path` in the lock file depends on as `name` has an entry there: beside it, or in a folder above. */
function isLocked(path: string, name: string): boolean {
  if (`${path}/node_modules/${name}`.replace(/^\//, '') in lock.packages) return true;
  return path !== '' && isLocked(path.slice(0, Math.max(path.lastIndexOf('/node_modules/'), 0)), name);
}

// npm ci refuses a lock file without them, npm install writes one where the registry lacks a package: npm/cli#9846.
test('package-lock.json has the packages of every platform', () => {
  const missing = Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter((name) => !isLocked(path, name)),
  );
  expect(missing).toEqual([]);
});

test('package.json decides about every package with an install script', () => {
  const withScript = Object.entries(lock.packages)
    .filter(([, entry]) => entry.hasInstallScript)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  const decided = Object.keys(manifest.allowScripts);
  expect(withScript.filter((name) => !decided.includes(name))).toEqual([]);
});
