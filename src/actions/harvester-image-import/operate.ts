/** What is done with images afterwards: list, delete by name, prune by policy. */
import { systemClock } from '../../base/clock.ts';
import { UserError } from '../../base/errors.ts';
import { type PhaseContext, PhaseRunner } from '../../base/phase.ts';
import { alignedLines } from '../../base/table.ts';
import { reviewAccess } from '../../golden/access.ts';
import { type ImageOperation, importAccess } from '../../harvester/import-access.ts';
import { type Inventory, readInventory } from '../../harvester/inventory.ts';
import { requirePruned, runPrune } from '../../harvester/prune.ts';
import { planRetention, type RetentionRow } from '../../harvester/retention.ts';
import type { Kube } from '../../kube/kube.ts';
import type { ActionContext } from '../../runner/action.ts';
import { setOutputs, writeSummary } from '../../runner/outputs.ts';
import { connectCluster } from '../connection.ts';
import { planDeletion } from './deletion.ts';
import type { INPUTS } from './inputs.ts';
import { listedImage, planOutputs } from './outputs.ts';
import { policyOf } from './request.ts';
import { imageTable, planTable, tableSummary } from './summary.ts';

type Context = ActionContext<typeof INPUTS>;
type Inside = Context & PhaseContext & { readonly kube: Kube };
type Operation = Exclude<ImageOperation, 'import'>;

const TITLES: Readonly<Record<Operation, string>> = {
  list: 'Images',
  delete: 'Delete images',
  prune: 'Prune images',
};

/** Throws what kept it from planning, and PRUNE_INCOMPLETE for images that could not be treated as planned. */
export async function operate(context: Context, operation: Operation): Promise<void> {
  const { inputs, env, log, signal } = context;
  const kube = await connectCluster(inputs, { env, log });
  const phase = { id: operation, title: TITLES[operation], limit: inputs.timeout, limitInput: 'timeout' };
  try {
    await new PhaseRunner(systemClock, log).run(phase, signal, async (inside) => {
      const all = { ...context, ...inside, kube };
      await reviewAccess(importAccess(operation, kube.namespace), all);
      await (operation === 'list' ? list(all) : change(operation, all));
    });
  } finally {
    await kube.close();
  }
}

async function list(context: Inside): Promise<void> {
  const { kube, log, env, inputs, signal } = context;
  const { namespace } = kube;
  const { items, unseen } = await readInventory(kube, { namespace, selector: inputs.selector, signal });
  const table = imageTable(items, systemClock.now());
  for (const line of alignedLines(table)) log.info(line);
  setOutputs({ images: items.map(listedImage) });
  await writeSummary(tableSummary(`Images in ${namespace}`, table, unseen), env);
}

async function change(operation: Exclude<Operation, 'list'>, context: Inside): Promise<void> {
  const { kube, log, env, inputs, signal } = context;
  // A name that was given is meant, whoever made the image.
  const selector = operation === 'delete' ? '' : inputs.selector;
  const inventory = await readInventory(kube, { namespace: kube.namespace, selector, signal });
  const rows = plan(operation, inventory, context);
  const now = systemClock.now();
  for (const line of alignedLines(planTable(rows, now))) log.info(line);
  if (inputs['dry-run']) {
    setOutputs(planOutputs(rows));
    return writeSummary(
      tableSummary(`${TITLES[operation]}: plan`, planTable(rows, now), inventory.unseen),
      env,
    );
  }
  const done = await runPrune(rows, inventory.items, { ...context, clock: systemClock });
  for (const { image, action, outcome, reasons } of done) {
    if (action === 'delete' && outcome !== 'deleted') log.warning(`${image.id} stays: ${reasons.join('; ')}`);
  }
  setOutputs(planOutputs(done));
  await writeSummary(tableSummary(TITLES[operation], planTable(done, now), inventory.unseen), env);
  requirePruned(done);
}

function plan(
  operation: Exclude<Operation, 'list'>,
  { items }: Inventory,
  context: Inside,
): readonly RetentionRow[] {
  const { inputs, kube, log } = context;
  const facts = items.map((item) => item.facts);
  if (operation === 'prune') return planRetention(facts, policyOf(inputs), systemClock.now());
  const { rows, missing, refused } = planDeletion(inputs.images, facts, kube.namespace);
  if (refused.length > 0)
    throw new UserError(
      'IMAGES_REFUSED',
      `Nothing was deleted, because of:\n${refused.map((line) => `  - ${line}`).join('\n')}`,
      {
        mend: 'Leave these names out, or take their label or channel away first.',
      },
    );
  for (const name of missing) log.info(`${name}: there is no such image (any more)`);
  return rows;
}
