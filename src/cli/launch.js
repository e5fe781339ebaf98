#!/usr/bin/env node
// Starts the command line on Node 24 wherever it was called from: the machine's own Node may be older. Plain JavaScript, so
// that any Node since 18 can read it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const own = Number(process.versions.node.split('.')[0]) >= 24;
const bundled = [join(root, 'node_modules', '.bin', 'node'), join(root, '..', '.bin', 'node')].find(
  existsSync,
);

if (!own && !bundled) {
  console.error(
    `rke2-actions needs Node 24; this is ${process.version}. Run "npm ci" here, or install Node 24.`,
  );
  process.exit(1);
}

const child = spawn(
  own ? process.execPath : bundled,
  [join(root, 'src', 'cli', 'main.ts'), ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => child.kill(name));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
