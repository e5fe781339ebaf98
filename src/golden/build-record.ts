/** What was built, from what, by whom, and how it was judged: one JSON file per build (facts/workflows.md §5.5). */
import type { CodedError } from '../base/errors.ts';
import type { PhaseTiming } from '../base/phase.ts';
import type { ImportedImage } from '../harvester/images.ts';
import type { Verdict } from '../verify/rules.ts';
import type { Baked } from './bake.ts';
import type { Inputs } from './fingerprint.ts';
import type { GoldenPlan } from './plan.ts';

/** Where the build ran; the caller knows, the domain does not. */
export interface BuildOrigin {
  readonly source: { readonly repository?: string; readonly sha?: string; readonly ref?: string };
  readonly trigger: {
    readonly event?: string;
    readonly actor?: string;
    readonly actorId?: string;
    readonly runId?: string;
    readonly runAttempt?: string;
    readonly runUrl?: string;
    readonly workflowRef?: string;
    readonly workflowSha?: string;
  };
  readonly runner: {
    readonly name?: string;
    readonly environment?: string;
    readonly os?: string;
    readonly arch?: string;
  };
  /** Which code baked. */
  readonly action: { readonly repository?: string; readonly ref?: string };
}

export interface BuildRecord {
  readonly schema: 'rke2-actions.build-record/v1';
  readonly kind: 'golden';
  readonly name: string;
  /** As asked for; absent if nobody said. */
  readonly version?: string;
  readonly runId: string;
  readonly status: 'succeeded' | 'failed';
  readonly error?: { readonly code: string; readonly message: string };
  readonly origin: BuildOrigin;
  readonly inputs: {
    readonly base: { readonly url: string; readonly sha256?: string };
    readonly recipe: { readonly name: string; readonly digest: string; readonly layers: readonly string[] };
    readonly repositories: Inputs['repositories'];
    readonly fingerprint?: string;
    /** How it was asked to bake; no secrets. */
    readonly parameters: Readonly<Record<string, unknown>>;
  };
  readonly builder: {
    readonly kind: 'vm' | 'runner';
    /** Of a machine that was made for it. */
    readonly cpu?: number;
    readonly memory?: string;
    readonly acceleration?: string;
    /** Program → version. */
    readonly tools: Readonly<Record<string, string>>;
  };
  readonly outputs: readonly {
    readonly name: string;
    readonly digest: string;
    readonly size: number;
    readonly virtualSize: number;
    readonly mediaType: string;
    readonly location: string;
  }[];
  readonly checks: { readonly outcome?: string; readonly rules?: Readonly<Record<string, string>> };
  /** The builder's log in the output folder; absent if there was not a line. */
  readonly log?: { readonly name: string; readonly sha256: string };
  readonly times: { readonly start: string; readonly end: string; readonly phases: readonly PhaseTiming[] };
}

/** What is known when the record is written; a failed build knows less. */
export interface BuildOutcome {
  readonly inputs?: Inputs | undefined;
  readonly baked?: Baked | undefined;
  readonly verdict?: Verdict | undefined;
  readonly image?: ImportedImage | undefined;
  readonly error?: CodedError | undefined;
  readonly log?: BuildRecord['log'] | undefined;
  readonly timings: readonly PhaseTiming[];
  readonly start: string;
  readonly end: string;
}

/** Pure. URLs go in without credentials and query. */
export function buildRecord(plan: GoldenPlan, origin: BuildOrigin, outcome: BuildOutcome): BuildRecord {
  const { recipe, recipeDigest, names, version } = plan;
  const { inputs, baked, verdict, error, log, timings, start, end } = outcome;
  const { origin: server, pathname } = new URL(recipe.base.url);
  return {
    schema: 'rke2-actions.build-record/v1',
    kind: 'golden',
    name: outcome.image?.name ?? names.image,
    ...(version && { version }),
    runId: plan.runId,
    status: error ? 'failed' : 'succeeded',
    ...(error && { error: { code: error.code, message: error.message } }),
    origin,
    inputs: {
      base: { url: `${server}${pathname}`, ...(inputs && { sha256: inputs.baseSha256 }) },
      recipe: { name: recipe.name, digest: recipeDigest, layers: recipe.layers },
      repositories: inputs?.repositories ?? [],
      ...(inputs?.fingerprint && { fingerprint: inputs.fingerprint }),
      parameters: parametersOf(plan),
    },
    builder: {
      ...(plan.runner
        ? { kind: 'runner' }
        : { kind: 'vm', cpu: plan.builder.cpu, memory: plan.builder.memory }),
      ...(baked?.acceleration && { acceleration: baked.acceleration }),
      tools: baked?.tools ?? {},
    },
    outputs: outcome.image && baked ? [outputOf(outcome.image, baked)] : [],
    checks: verdict
      ? {
          outcome: verdict.outcome,
          rules: Object.fromEntries(verdict.results.map(({ id, status }) => [id, status])),
        }
      : {},
    ...(log && { log }),
    times: { start, end, phases: timings },
  };
}

/** Proxies and SSH keys are left out: the first may hold passwords, the second say nothing of the image. */
function parametersOf(plan: GoldenPlan): BuildRecord['inputs']['parameters'] {
  const { namespace, network, staticNetwork, storageClass, nameTemplate, labels, force } = plan;
  const { readiness, handOver, importRetries, bakeRetries, builder, limits, bakeLimits } = plan;
  const machine = {
    diskSize: builder.diskSize,
    efi: builder.efi,
    image: builder.image?.url.replace(/\?.*/, ''),
  };
  return {
    namespace,
    network,
    staticNetwork,
    storageClass,
    nameTemplate,
    labels,
    force,
    readiness,
    handOver,
    importRetries,
    bakeRetries,
    ...(plan.runner ? {} : { machine }),
    limits,
    bakeLimits,
  };
}

function outputOf(image: ImportedImage, { result }: Baked): BuildRecord['outputs'][number] {
  return {
    name: image.displayName,
    digest: `sha512:${result.sha512}`,
    size: result.size,
    virtualSize: result.virtualSize,
    mediaType: 'application/x-qemu-disk',
    location: `harvester:${image.id}`,
  };
}
