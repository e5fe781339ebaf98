/** The life cycle operations on a runner: plan, and with dry-run no more; else remove, outputs, summary. */
import { systemClock } from '../../base/clock.ts';
import {
  type LifecycleContext,
  planLifecycle,
  readListing,
  requireRemoved,
  runLifecycle,
} from '../../golden/lifecycle/operations.ts';
import { type Operation, planTable, tableLines } from '../../golden/lifecycle/plan.ts';
import type { ActionContext } from '../../runner/action.ts';
import { setOutputs, writeSummary } from '../../runner/outputs.ts';
import { connectCluster } from '../connection.ts';
import type { INPUTS } from './inputs.ts';
import { lifecycleSummary, listingSummary } from './lifecycle-summary.ts';

type Context = ActionContext<typeof INPUTS>;

/** Throws what kept it from planning, and what {@link requireRemoved} says of the end. */
export async function operate(context: Context, operation: Operation): Promise<void> {
  const { inputs, log, env, signal } = context;
  const kube = await connectCluster(inputs, { env, log });
  try {
    const domain = { kube, clock: systemClock, log, signal };
    await (operation === 'list' ? list(context, domain) : change(context, operation, domain));
  } finally {
    await kube.close();
  }
}

async function list({ env }: Context, domain: LifecycleContext): Promise<void> {
  const { kube, clock } = domain;
  const listing = await readListing(kube.namespace, domain);
  setOutputs({ images: listing.images, builders: listing.builders });
  await writeSummary(listingSummary(listing, kube.namespace, clock.now()), env);
}

async function change(
  { inputs, env, log }: Context,
  operation: Exclude<Operation, 'list'>,
  domain: LifecycleContext,
): Promise<void> {
  const namespaces = inputs.namespaces.length > 0 ? inputs.namespaces : [domain.kube.namespace];
  const request = { operation, namespaces, images: inputs.images, runId: inputs['run-id'] };
  const plan = await planLifecycle(request, domain);
  for (const line of tableLines(planTable(plan))) log.info(line);
  if (inputs['dry-run']) {
    setOutputs({ removed: [], left: [] });
    return writeSummary(lifecycleSummary(plan), env);
  }
  const report = await runLifecycle(plan, domain);
  setOutputs({ removed: report.removed, left: report.left });
  await writeSummary(lifecycleSummary(plan, report), env);
  requireRemoved(plan, report);
}
