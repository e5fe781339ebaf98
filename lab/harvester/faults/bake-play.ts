/**
 * The play of a golden bake: from the user data that a real builder would have got (its token, port, server) and a script, to
 * acts. The marks are written here anew, not with the product's own writer, so that its reader is held to the format.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { EnvironmentError } from '../../../src/base/errors.ts';
import { qcow2VirtualSize } from '../longhorn/qcow2.ts';
import { BAKE_PHASES, type BakePhase, type BakeScript } from './bake-script.ts';
import type { Act, Play } from './play.ts';

/** Characters of a chunk, as the builder cuts them. */
const CHUNK = 900;
const SERVED = 'served/golden.qcow2';

/** Throws EnvironmentError LAB_PLAY if the user data is not that of a builder. */
export async function bakePlay(userData: string, script: BakeScript): Promise<Play> {
  const files = filesOf(userData);
  const [facts, image] = await Promise.all([readFile(script.facts), readFile(script.image)]);
  const port = Number(/^PORT='?(\d+)'?$/m.exec(files.get('settings.env')!)?.[1]);
  const builder = { token: files.get('token')!.trim(), port, facts, image };
  return {
    acts: playedPhases(script).flatMap((phase) => phaseActs(phase, script, builder)),
    files: {
      'server.py': files.get('bin/server.py')!,
      token: files.get('token')!,
      [SERVED]: servedBytes(image, script),
    },
  };
}

interface Builder {
  readonly token: string;
  readonly port: number;
  readonly facts: Buffer;
  readonly image: Buffer;
}

/** What user data writes, by the name below the builder's folder. */
function filesOf(userData: string): Map<string, string> {
  const config = parse(userData) as { write_files?: { path: string; content: string }[] };
  const files = (config.write_files ?? []).map(({ path, content }) => {
    const name = path.replace(/^.*\/bake\//, '');
    return [name, gunzipSync(Buffer.from(content, 'base64')).toString('utf8')] as const;
  });
  const found = new Map(files);
  const missing = ['settings.env', 'token', 'bin/server.py'].filter((name) => !found.has(name));
  if (missing.length === 0) return found;
  throw new EnvironmentError(
    'LAB_PLAY',
    `A bake cannot be played: its user data has no ${missing.join(', ')}.`,
    {
      mend: 'Take "bake" out of the script of this machine, or give it to golden builders only.',
    },
  );
}

function servedBytes(image: Buffer, { serves }: BakeScript): Buffer {
  if (serves === 'shorter') return image.subarray(0, image.length / 2);
  if (serves !== 'other') return image;
  const other = Buffer.from(image);
  other[other.length - 1]! ^= 0xff;
  return other;
}

const say = (line: string): Act => ({ act: 'say', line });
const mark = (value: object): Act => say(`@@rke2-actions@@ ${JSON.stringify(value)}`);
const twice = (value: object): Act[] => [mark(value), mark(value)];
const pause = (milliseconds: number): Act => ({ act: 'pause', milliseconds });

/** Up to the phase that does not end well, if there is one. */
function playedPhases(script: BakeScript): readonly BakePhase[] {
  const last = BAKE_PHASES.findIndex((phase) => endOf(phase, script));
  return last < 0 ? BAKE_PHASES : BAKE_PHASES.slice(0, last + 1);
}

function phaseActs(phase: BakePhase, script: BakeScript, builder: Builder): Act[] {
  const begin = [say(`== ${phase}`), mark({ mark: 'phase', phase, percent: 0 })];
  const wait = pause(script.slow?.[phase] ?? script.pace);
  const end = endOf(phase, script);
  if (end) return [...begin, wait, ...end];
  return [...begin, ...WORK[phase](script, builder), wait, mark({ mark: 'phase', phase, percent: 100 })];
}

/** What a phase ends with where it does not end well. */
function endOf(phase: BakePhase, { fails, dies, stops, hangs }: BakeScript): Act[] | undefined {
  if (fails?.phase === phase) {
    const { step, message, exit, code } = fails;
    const error = { mark: 'error', phase, ...(step && { step }), ...(code && { code }), message, exit };
    return [...fails.lines.map(say), say(`FAILED in ${phase}: ${message}`), ...twice(error)];
  }
  if (dies?.phase === phase)
    return [
      say('[  214.001122] Kernel panic - not syncing: Attempted to kill init!'),
      { act: 'end', status: 134 },
    ];
  if (stops?.phase === phase) return [{ act: 'end', status: 0 }];
  return hangs?.phase === phase ? [pause(86_400_000)] : undefined;
}

const WORK: Readonly<Record<BakePhase, (script: BakeScript, builder: Builder) => Act[]>> = {
  prepare: (_, { port }) => [{ act: 'serve', program: 'server.py', port }],
  download: () => [say('Downloading the base image')],
  accelerate: ({ emulated }) =>
    emulated === undefined
      ? twice({ mark: 'acceleration', kind: 'kvm', reason: 'a guest started with KVM' })
      : twice({ mark: 'acceleration', kind: 'tcg', reason: emulated }),
  customize: ({ says, noise }) => [
    mark({ mark: 'step', id: 'hello', title: 'Say hello', index: 1, total: 1 }),
    say('  hello'),
    ...says.map(say),
    ...Array.from({ length: noise }, (_, index) => say(`noise ${index}`)),
  ],
  compress: () => [say('Writing the final image')],
  probe: (script, { facts }) => document(facts, script.losesChunks),
  hash: () => [],
  serve: (script, builder) => served(script, builder),
};

/** Twice over, as the builder does; lost chunks are lost both times. */
function document(facts: Buffer, lost: number): Act[] {
  const packed = gzipSync(facts, { level: 9 }).toString('base64');
  const total = Math.ceil(packed.length / CHUNK);
  const chunks = Array.from({ length: total }, (_, index) =>
    mark({
      mark: 'chunk',
      name: 'facts',
      index,
      total,
      data: packed.slice(index * CHUNK, (index + 1) * CHUNK),
    }),
  ).slice(lost);
  const sum = { mark: 'sum', name: 'facts', sha256: digest('sha256', facts), bytes: facts.length };
  return [...chunks, ...chunks, ...twice(sum)];
}

function served(script: BakeScript, { token, port, image }: Builder): Act[] {
  const addresses = script.addresses ? JSON.stringify(script.addresses) : '[@OWN@]';
  const result = {
    mark: 'result',
    sha512: digest('sha512', image),
    sha256: digest('sha256', image),
    size: image.length,
    virtualSize: qcow2VirtualSize(image) ?? image.length,
    port,
    path: `/${token}/golden.qcow2`,
  };
  return [
    ...(script.serves === 'nothing' ? [{ act: 'hide', name: 'golden.qcow2' } as const] : []),
    { act: 'address', line: `@@rke2-actions@@ {"mark":"address","addresses":${addresses}}` },
    ...twice(result),
  ];
}

function digest(algorithm: 'sha256' | 'sha512', data: Buffer): string {
  return createHash(algorithm).update(data).digest('hex');
}
