/**
 * Entry of `npm run demo` and `npm test` on a bare clone. Plain JavaScript, because it starts on whatever Node the
 * machine has (18 or newer): it installs the npm packages if they are not those of the lock file, finds Node 24 and
 * goes on there.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const REQUIRED_MAJOR = 24;

/** What each command runs on Node 24, one after the other; the command's own arguments go to the last one. */
const COMMANDS = {
  demo: [['scripts/packages.ts', 'demo'], ['lab/demo.ts']],
  test: [['scripts/test.ts']],
};

/** Reads JSON; undefined where there is no such file. */
function readJson(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/**
 * True if node_modules below `root` holds what package-lock.json names. npm writes its own record of what it installed
 * as its last act, so an interrupted installation does not count. Optional packages of other platforms may be absent.
 */
export function isInstalled(root) {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages ?? {};
  const present = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (!present) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const found = present[path];
    return found ? found.version === entry.version && found.integrity === entry.integrity : entry.optional;
  });
}

/**
 * The Node to go on with: this process's own if it is new enough, else the one that npm installed.
 * Undefined if there is neither.
 */
export function findNode(root, version = process.versions.node, own = process.execPath) {
  if (Number(version.split('.')[0]) >= REQUIRED_MAJOR) return own;
  const installed = join(root, 'node_modules', '.bin', 'node');
  return existsSync(installed) ? installed : undefined;
}

/** Runs a command with our own terminal; resolves with its exit code. Interrupts reach it as they reach us. */
function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', () => {}); // the terminal sends it to the whole group: wait for the child to clean up
    process.on('SIGTERM', forward);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.removeListener('SIGTERM', forward);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

/** `npm ci` if it is needed; throws where it fails. */
async function installPackages(root) {
  if (isInstalled(root)) return;
  console.log('setup: installing the npm packages of package-lock.json (npm ci) …');
  const started = performance.now();
  const code = await run('npm', ['ci', '--loglevel=error'], {
    cwd: root,
    shell: process.platform === 'win32',
  });
  if (code !== 0) throw new Error(`npm ci exited with ${code}; its output above says why.`);
  console.log(`setup: npm packages installed in ${Math.round((performance.now() - started) / 1000)} s`);
}

async function main(root, command, args) {
  const steps = COMMANDS[command];
  if (!steps)
    throw new Error(`usage: node scripts/bootstrap.js ${Object.keys(COMMANDS).join('|')} [arguments]`);
  await installPackages(root);
  const node = findNode(root);
  if (!node) {
    throw new Error(
      `Node ${REQUIRED_MAJOR} is needed; this is ${process.versions.node}, and npm has none for ` +
        `${process.platform}-${process.arch}. Install Node ${REQUIRED_MAJOR} and try again.`,
    );
  }
  const env = {
    ...process.env,
    PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`,
  };
  for (const [index, step] of steps.entries()) {
    const last = index === steps.length - 1;
    const code = await run(node, last ? [...step, ...args] : step, { cwd: root, env });
    if (code !== 0) return code;
  }
  return 0;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const [command, ...args] = process.argv.slice(2);
  main(root, command, args).then(
    (code) => {
      process.exitCode = code;
    },
    (error) => {
      console.error(`setup: ${error.message}`);
      process.exitCode = 1;
    },
  );
}
