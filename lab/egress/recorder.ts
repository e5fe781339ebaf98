/**
 * Records what a network namespace tries to reach, answered or not: recorder.py looks at every packet that leaves it. It cannot see what
 * goes through a Unix socket or another namespace, nor which URL a connection is for; the mirror's own record has those.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { EnvironmentError } from '../../src/base/errors.ts';

export interface Attempt {
  /** `dns`: a name was asked for. `other`: an IP protocol beside TCP and UDP, by number. */
  readonly kind: 'tcp' | 'udp' | 'dns' | 'other';
  /** `10.98.1.1:8443`, a name, or protocol and address. */
  readonly target: string;
}

export interface EgressRecorder {
  /** Ends the record. Throws EnvironmentError EGRESS_LOST if it has gaps. */
  stop(): Promise<readonly Attempt[]>;
}

/** Starts to record; what leaves `namespace` after this resolves is seen. Needs root. */
export async function recordEgress(namespace: string): Promise<EgressRecorder> {
  const script = fileURLToPath(new URL('./recorder.py', import.meta.url));
  const words = [`--net=/run/netns/${namespace}`, 'python3', script];
  const child = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  await Promise.race([once(reader, 'line'), failed(child, namespace)]);
  return { stop: () => stop(child, lines, namespace) };
}

type Recorder = ChildProcessByStdio<null, Readable, null>;

async function failed(child: Recorder, namespace: string): Promise<never> {
  const [why] = await once(child, 'exit');
  throw new EnvironmentError('EGRESS_RECORDER', `Nothing can be recorded in ${namespace}: exit code ${why}.`);
}

async function stop(child: Recorder, lines: readonly string[], namespace: string): Promise<Attempt[]> {
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, 'close');
    child.kill();
    await closed;
  }
  const lost = /^lost (\d+)$/.exec(lines.at(-1) ?? '')?.[1];
  if (lost !== '0')
    throw new EnvironmentError(
      'EGRESS_LOST',
      `The record of ${namespace} has gaps: ${lost ?? 'it broke off'}.`,
    );
  return lines.slice(1, -1).map(attempt);
}

function attempt(line: string): Attempt {
  const [kind, ...target] = line.split(' ');
  return { kind: kind as Attempt['kind'], target: target.join(' ') };
}
