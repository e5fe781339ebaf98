#!/usr/bin/env node
/**
 * Entry of the command line. Plain JavaScript, because it starts on whatever Node the machine has (18 or newer): it goes on
 * in this process if that is Node 24, else in the Node 24 that npm installed beside it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const REQUIRED_MAJOR = 24;
const own = fileURLToPath(import.meta.url);
const root = dirname(dirname(dirname(own)));

/** Where the Node that npm installed may be: below the package, or beside it as somebody's dependency. */
function installedNode() {
  const places = [join(root, 'node_modules', '.bin', 'node'), join(root, '..', '.bin', 'node')];
  return places.find((place) => existsSync(place));
}

/** Node does not strip types below node_modules, so a published package brings its sources compiled. */
function mainModule() {
  return root.split(sep).includes('node_modules')
    ? join(root, 'build', 'cli', 'main.js')
    : join(root, 'src', 'cli', 'main.ts');
}

/** Runs this file again on another Node; resolves with its exit code. */
function goOnWith(node) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, RKE2_ACTIONS_LAUNCHED: '1' };
    const child = spawn(node, [own, ...process.argv.slice(2)], { stdio: 'inherit', env });
    for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => child.kill(name));
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}

async function launch() {
  if (Number(process.versions.node.split('.')[0]) >= REQUIRED_MAJOR) {
    const { main } = await import(pathToFileURL(mainModule()).href);
    return main(process.argv.slice(2), process.env);
  }
  const node = process.env.RKE2_ACTIONS_LAUNCHED ? undefined : installedNode();
  if (node) return goOnWith(node);
  console.error(`rke2-actions needs Node ${REQUIRED_MAJOR}; this is ${process.versions.node}.`);
  console.error(`Install Node ${REQUIRED_MAJOR}, or run "npm ci" where the package is.`);
  return 1;
}

process.exitCode = await launch();
