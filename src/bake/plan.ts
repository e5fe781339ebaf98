/** What a bake will do, phase by phase, with its limits: printed by a dry run, read by tests. Pure. */
import { formatBytes } from '../base/quantity.ts';
import type { BuilderInput } from './input.ts';
import { phaseLimits } from './limits.ts';
import { PHASES, type PhaseName } from './marks.ts';

export interface PlannedPhase {
  readonly phase: PhaseName;
  /** What happens in it, one sentence each. */
  readonly actions: readonly string[];
  /** Milliseconds, with guests at full speed and with emulated ones. */
  readonly limit: { readonly kvm: number; readonly tcg: number };
}

export interface BakePlan {
  readonly phases: readonly PlannedPhase[];
  /** Milliseconds, all phases together. */
  readonly limit: { readonly kvm: number; readonly tcg: number };
}

/** The phases of `input`'s bake, in order. URLs are shown without credentials and query. */
export function planBake(input: Omit<BuilderInput, 'token' | 'probe' | 'runId'>): BakePlan {
  const kvm = phaseLimits(input.limits, 'kvm', input.emulationFactor);
  const tcg = phaseLimits(input.limits, 'tcg', input.emulationFactor);
  const actions = actionsOf(input);
  const phases = PHASES.map((phase) => ({
    phase,
    actions: actions[phase],
    limit: { kvm: kvm[phase], tcg: tcg[phase] },
  }));
  const sum = (kind: 'kvm' | 'tcg') => phases.reduce((total, { limit }) => total + limit[kind], 0);
  return { phases, limit: { kvm: sum('kvm'), tcg: sum('tcg') } };
}

function actionsOf(input: Parameters<typeof planBake>[0]): Record<PhaseName, string[]> {
  const { recipe, base, customize, port } = input;
  return {
    prepare: [
      ...(recipe.certificates.length > 0
        ? [`Trust ${recipe.certificates.map(({ name }) => name).join(', ')} on the builder.`]
        : []),
      `Install libguestfs where it is missing${toolSource(recipe)}.`,
    ],
    download: [
      `Download ${publicUrl(base.url)} and check its sha256 ${base.sha256}.`,
      ...recipe.downloads.map(
        ({ url, path, sha256 }) => `Download ${publicUrl(url)} for ${path}, sha256 ${sha256}.`,
      ),
    ],
    accelerate: [
      `Start a guest with KVM; without one, emulate and allow ${input.emulationFactor} times as long.`,
    ],
    customize: [
      ...(recipe.virtualSize
        ? [`Grow the disk to ${formatBytes(recipe.virtualSize)} if it is smaller.`]
        : []),
      ...customize.steps.map(({ title }) => title),
    ],
    compress: [
      'Drop free blocks.',
      input.compress ? 'Write the image anew, compressed.' : 'Write the image anew.',
    ],
    probe: ['Collect facts about the final image, read-only.'],
    hash: ['Compute sha256 and sha512.'],
    serve: [`Serve the image on port ${port} under a secret path until the builder is deleted.`],
  };
}

function toolSource({ toolRepositories = [], airGapped }: BuilderInput['recipe']): string {
  if (toolRepositories.length > 0) return `, from ${toolRepositories.map(({ id }) => id).join(', ')}`;
  return airGapped ? ': fails, since the recipe is air-gapped and names no mirror for it' : '';
}

function publicUrl(url: string): string {
  if (!URL.canParse(url)) return url;
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
