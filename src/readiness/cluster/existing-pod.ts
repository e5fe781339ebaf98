/** A pod that is there already makes the tries, by exec; nothing is created, and nothing is left in it. */
import { UserError } from '../../base/errors.ts';
import type { Target } from '../../kube/kube.ts';
import type { Pod } from '../../kube/pod-status.ts';
import { PODS } from '../../kube/resources.ts';
import type { Prober } from '../facts.ts';
import { type ClusterContext, startProber } from './prober.ts';
import { renderExecScript, type ScriptOptions } from './script.ts';

/** Uses a pod that is there, by exec; nothing is created. UserError PROBE_POD_NOT_FOUND. */
export async function probeFromExistingPod(
  script: ScriptOptions,
  where: { readonly namespace: string; readonly selector: string; readonly container?: string | undefined },
  context: ClusterContext,
): Promise<Prober> {
  const pod = await findPod(where, context);
  context.log.info(`trying from pod ${where.namespace}/${pod.name}`);
  const { container } = where;
  const lines = (stop: AbortSignal) =>
    execLines(
      renderExecScript(script),
      { ...context, signal: stop },
      { ...pod, ...(container && { container }) },
    );
  return startProber({ script, lines, remove: async () => {} }, context);
}

async function findPod(
  { namespace, selector }: { namespace: string; selector: string },
  { kube, signal }: ClusterContext,
): Promise<Target> {
  const { items } = await kube.list<Pod>(PODS, { namespace, labelSelector: selector, signal });
  const running = items.find(
    ({ metadata, status }) =>
      status?.phase === 'Running' &&
      !metadata.deletionTimestamp &&
      status.containerStatuses?.every(({ ready }) => ready),
  );
  if (running) return { namespace, name: running.metadata.name };
  const found = items.length === 0 ? 'There is no pod' : `None of ${items.length} pods is running and ready`;
  throw new UserError('PROBE_POD_NOT_FOUND', `${found} with ${selector} in namespace "${namespace}".`, {
    mend: 'Correct probe-pod, or leave it out: a pod is then made for the wait.',
  });
}

/** Lines that a command writes; its stdin stays open until nobody listens any more, which ends the script. */
async function* execLines(
  script: string,
  { kube, signal }: ClusterContext,
  { container, ...pod }: Target & { container?: string },
): AsyncGenerator<string> {
  const queue: string[] = [];
  let rest = '';
  let wake = () => {};
  let over = false;
  const push = (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop()!;
    queue.push(...lines);
    wake();
  };
  const stop = new AbortController();
  async function* stdin() {
    yield Buffer.from(`${script}\n`);
    await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }));
  }
  const ended = kube
    .exec(pod, {
      command: ['sh', '-s'],
      ...(container && { container }),
      stdin: stdin(),
      onStdout: push,
      onStderr: push,
      signal: AbortSignal.any([signal, stop.signal]),
    })
    .then(
      () => undefined,
      (error: unknown) => error,
    )
    .finally(() => {
      over = true;
      wake();
    });
  try {
    for (;;) {
      while (queue.length > 0) yield queue.shift()!;
      if (over) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const error = await ended;
    if (error !== undefined) throw error;
  } finally {
    stop.abort();
  }
}
