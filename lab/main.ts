/** `rke2-actions lab`: the embedded Harvester as a command, until Ctrl-C. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, UserError } from '../src/base/errors.ts';
import type { Logger } from '../src/base/log.ts';
import { shellQuote } from '../src/base/process.ts';
import { PACES } from './harvester/pace.ts';
import { VERSIONS } from './harvester/version.ts';
import { type Lab, type LabOptions, startLab } from './lab.ts';

/** The command's options; times and versions are checked by {@link readLabArguments}. */
const OPTIONS = {
  'data-folder': { type: 'string', default: join(homedir(), '.local', 'state', 'rke2-actions', 'lab') },
  version: { type: 'string', default: '1.8' },
  port: { type: 'string', default: '6443' },
  pace: { type: 'string', default: 'real' },
} as const;

/** The words after `lab` as options of a lab. Throws UserError LAB_USAGE with all that is wrong. */
export function readLabArguments(words: readonly string[]): LabOptions {
  const values = parse(words);
  const port = Number(values.port);
  const problems = [
    !VERSIONS.some((version) => version === values.version) &&
      `--version ${values.version}: expected one of ${VERSIONS.join(', ')}`,
    !PACES[values.pace] && `--pace ${values.pace}: expected ${Object.keys(PACES).join(' or ')}`,
    !(Number.isInteger(port) && port >= 0 && port < 65_536) &&
      `--port ${values.port}: expected 0 (any free) to 65535`,
  ].filter((problem) => problem !== false);
  if (problems.length > 0) throw new UserError('LAB_USAGE', problems.join('\n'));
  return { dataFolder: values['data-folder'], version: values.version, port, pace: PACES[values.pace]! };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw new UserError('LAB_USAGE', messageOf(error), {
      mend: `The options are ${Object.keys(OPTIONS)
        .map((name) => `--${name}`)
        .join(', ')}.`,
    });
  }
}

/** Starts a lab, says what to try, and stops it when the signal aborts. */
export async function runLab(words: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readLabArguments(words);
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const lab = await startLab({ ...options, log: printingLogger(print) });
  try {
    for (const line of welcome(lab, options)) print(line);
    if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    print('Stopping …');
  } finally {
    await lab.close();
  }
}

/** What a newcomer reads: where things are and what to type. */
export function welcome(lab: Lab, options: LabOptions): string[] {
  const { cannotBoot } = lab.harvester;
  return [
    `Harvester ${options.version} (embedded) is up at ${lab.api.url}; its data is in ${options.dataFolder}.`,
    cannotBoot
      ? `Images work; virtual machines stay unscheduled: ${cannotBoot}.`
      : `Virtual machines boot on this host's root, read-only to them; servers bound to ${lab.address} are in their reach.`,
    `Uploads go to ${lab.harvester.vip.url}; its certificate authority is ${lab.harvester.vip.certificateFile}.`,
    '',
    'In another terminal:',
    `  export KUBECONFIG=${shellQuote(lab.kubeconfig.path)}`,
    '  kubectl get vmimage,vm,vmi,pvc -A',
    '  kubectl get vmimage -A --watch',
    '  kubectl describe vmimage -n default <name>',
    '  kubectl logs -f -n default -l vm.kubevirt.io/name=<vm> -c guest-console-log',
    '',
    'Ctrl-C stops it; the next start on the same folder finds the images.',
  ];
}

function printingLogger(print: (line: string) => void): Logger {
  return {
    debug() {},
    info: print,
    notice: print,
    warning: (line) => print(`warning: ${line}`),
    error: (line) => print(`error: ${line}`),
    group: (title, work) => {
      print(title);
      return work();
    },
  };
}
