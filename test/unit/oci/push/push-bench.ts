/** A kit, a registry and a push between them, anew for each test; and what tests ask of them again and again. */
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import type { PushContext } from '../../../../src/oci/push/context.ts';
import { planPush } from '../../../../src/oci/push/plan.ts';
import type { PushPlan, PushReport, PushRequest } from '../../../../src/oci/push/request.ts';
import { runPush } from '../../../../src/oci/push/run.ts';
import { archiveKit, type Kit } from './archive-kit.ts';
import { MemoryRegistry } from './memory-registry.ts';
import { pushRequest } from './push-request.ts';

export interface PushBench {
  readonly kit: Kit;
  registry: MemoryRegistry;
  push(
    files: readonly string[],
    changes?: Partial<PushRequest>,
    context?: Partial<PushContext>,
  ): Promise<PushReport>;
  plan(files: readonly string[], changes?: Partial<PushRequest>): Promise<PushPlan>;
  /** The requests of one push, as `PUT blob app@sha256:…`. */
  calls(files: readonly string[], changes?: Partial<PushRequest>): Promise<string[]>;
}

export function pushBench(): PushBench {
  let kit: Kit;
  beforeAll(async () => {
    kit = await archiveKit();
  });
  afterAll(() => kit.remove());
  const bench: PushBench = {
    get kit() {
      return kit;
    },
    registry: new MemoryRegistry(),
    push: (files, changes, context) =>
      runPush(pushRequest({ files, ...changes }), kit.context(bench.registry, context)),
    plan: (files, changes) => planPush(pushRequest({ files, ...changes }), kit.context(bench.registry)),
    calls: async (files, changes) => {
      const before = bench.registry.calls.length;
      await bench.push(files, changes);
      return bench.registry.calls.slice(before);
    },
  };
  beforeEach(() => {
    bench.registry = new MemoryRegistry();
  });
  return bench;
}

/** How often each kind of request was made: `{ 'PUT blob': 3 }`. */
export function kinds(calls: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const call of calls) {
    const kind = call.split(' ').slice(0, 2).join(' ');
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
