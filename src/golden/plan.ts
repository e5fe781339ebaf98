/**
 * What a golden build will do, as data: names, objects, phases with their limits. Nothing here touches the world, so
 * that a dry run prints it and a test reads it. Phases: facts/golden-images.md §8.
 */

import { join } from 'node:path';
import type { StaticNetwork } from '../bake/cloud-init.ts';
import type { BuilderInput } from '../bake/input.ts';
import type { BakeLimits } from '../bake/limits.ts';
import { type Clock, timestamp } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { UserError } from '../base/errors.ts';
import { hashOf } from '../base/hash.ts';
import type { Ownership } from '../harvester/labels.ts';
import { recipeDigest } from '../recipe/fingerprint.ts';
import type { ResolvedRecipe } from '../recipe/model.ts';
import { imageName } from './image-name.ts';

/** Milliseconds each phase may take; `stall` is silence inside a phase. */
export interface GoldenLimits {
  readonly fingerprint: number;
  readonly provision: number;
  readonly bake: number;
  readonly proof: number;
  readonly handOver: number;
  readonly import: number;
  readonly report: number;
  readonly cleanup: number;
  readonly stall: number;
}

export const DEFAULT_LIMITS: GoldenLimits = {
  fingerprint: 2 * 60_000,
  provision: 30 * 60_000,
  bake: 3 * 60 * 60_000,
  proof: 60_000,
  handOver: 5 * 60_000,
  import: 30 * 60_000,
  report: 60_000,
  cleanup: 5 * 60_000,
  stall: 15 * 60_000,
};

export interface GoldenRequest {
  readonly recipe: ResolvedRecipe;
  /** Unique among all builds; labels everything. */
  readonly runId: string;
  readonly namespace: string;
  readonly imageNamePrefix: string;
  /** With placeholders ({@link imageName}). */
  readonly nameTemplate: string;
  /** What `{version}` stands for. */
  readonly version?: string | undefined;
  /** On everything that is created, besides our own. */
  readonly labels: Readonly<Record<string, string>>;
  /** `namespace/name` of a VM network; without it the pod network. */
  readonly network?: string | undefined;
  readonly staticNetwork?: StaticNetwork | undefined;
  /** Base of the finished image's StorageClass. */
  readonly storageClass?: string | undefined;
  readonly builder: BuilderMachine;
  /** Where the builder's log is read. */
  readonly readiness: Readiness;
  /** Whether Harvester fetches the image, or is sent it through this machine. */
  readonly handOver: 'http' | 'upload';
  /** Harvester's own API, for an upload. Default: the kubeconfig's server. */
  readonly uploadEndpoint?: { readonly url?: string | undefined; readonly ca: readonly string[] } | undefined;
  /** Bake on this machine instead of in a virtual one. */
  readonly runner?: RunnerPlace | undefined;
  readonly proxy?: BuilderInput['proxy'];
  /** Who may log in to the builder. */
  readonly builderSshKeys: readonly string[];
  /** Of the nodes. */
  readonly sshAuthorizedKeys: readonly string[];
  readonly ciliumPool?: { readonly start: string; readonly stop: string } | undefined;
  /** Bake although nothing changed. */
  readonly force: boolean;
  /** Milliseconds after which an unchanged image is baked again. */
  readonly maxAge?: number | undefined;
  /** Tries of Harvester after the first, 0 to 10. */
  readonly importRetries: number;
  /** Builders after the first, for failures that another one may get over. */
  readonly bakeRetries: number;
  /** When the builder is left where it is for a look at it, and for how many milliseconds. */
  readonly debug: { readonly when: 'never' | 'on-failure' | 'always'; readonly ttl: number };
  readonly limits: GoldenLimits;
  /** Of the phases inside the bake. */
  readonly bakeLimits: BakeLimits;
}

/** `image`: of the pod, by digest; it has sh and curl. */
export type Readiness =
  | { readonly from: 'console' | 'http' }
  | { readonly from: 'pod'; readonly image: string };

export interface BuilderMachine {
  readonly cpu: number;
  /** Kubernetes quantities. */
  readonly memory: string;
  readonly diskSize: string;
  /** What the builder boots from; default: the recipe's base. */
  readonly image?: { readonly url: string; readonly sha512?: string | undefined } | undefined;
  /** Leave the builder's base image for later builds. */
  readonly keepImage: boolean;
  readonly efi: boolean;
}

/** Where and how this machine bakes. */
export interface RunnerPlace {
  /** Made for the bake, and removed in the end ({@link runnerFolder}). */
  readonly folder: string;
  /** Downloads stay here for later builds. */
  readonly cacheFolder?: string | undefined;
  /** Its LIBGUESTFS_* and SUPERMIN_* are passed on. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export type PhaseId =
  | 'fingerprint'
  | 'provision'
  | 'bake'
  | 'proof'
  | 'hand-over'
  | 'import'
  | 'report'
  | 'cleanup';

export interface PlannedPhase {
  readonly id: PhaseId;
  readonly title: string;
  /** Milliseconds. */
  readonly limit: number;
  readonly why: string;
  /** The input that sets the limit. */
  readonly limitInput?: string;
}

export interface GoldenPlan extends GoldenRequest {
  /** `image`: name and display name of the finished image; another attempt at it if that one is taken. */
  readonly names: BuilderNames & { readonly image: string };
  /** Of what is removed in the end; `runId` and `recipe` also of what stays. */
  readonly ownership: Ownership & { readonly expiresAt: string };
  readonly recipeDigest: string;
  readonly phases: readonly PlannedPhase[];
}

const DAY = 86_400_000;

/** Milliseconds: twice what all phases and builders may take, at least a day, so that no sweep meets a run that lives. */
function lifetimeOf({ limits: { stall: _, ...phases }, bakeRetries }: GoldenRequest): number {
  const longest = Object.values(phases).reduce((sum, limit) => sum + limit, 0) * (1 + bakeRetries);
  return Math.max(DAY, 2 * longest);
}

/** Throws UserError IMAGE_NAME_INVALID if the template gives no valid name, BUILDER_IMAGE_OUTSIDE if an air gap is left. */
export function planGolden(request: GoldenRequest, clock: Clock): GoldenPlan {
  stayInside(request);
  const [date, time] = timestamp(clock).replace(/[-:Z]/g, '').split('T') as [string, string];
  const { imageNamePrefix: prefix, version, recipe } = request;
  const parts = { prefix, date, time, run: markOf(request.runId), version, recipe: recipe.name };
  const image = imageName(request.nameTemplate, parts);
  return {
    ...request,
    names: { ...builderNames(request.runId), image },
    ownership: {
      runId: request.runId,
      recipe: request.recipe.name,
      labels: request.labels,
      expiresAt: timestamp({ ...clock, now: () => clock.now() + lifetimeOf(request) }),
    },
    recipeDigest: recipeDigest(request.recipe),
    phases: plannedPhases(request),
  };
}

/** What the recipe's own addresses must keep to holds for what the builder boots from as well. */
function stayInside({ recipe: { allowedHosts }, builder }: GoldenRequest): void {
  const url = builder.image?.url;
  if (!allowedHosts || url === undefined || allowedHosts.includes(new URL(url).hostname)) return;
  throw new UserError(
    'BUILDER_IMAGE_OUTSIDE',
    `The recipe is air-gapped, and builder-image names another host: ${new URL(url).hostname}.`,
    { mend: `Take the image from one of ${allowedHosts.join(', ')}, or add its host to allowed-hosts.` },
  );
}

export interface BuilderNames {
  readonly vm: string;
  readonly secret: string;
  readonly claim: string;
  readonly baseImage: string;
}

/** Names of what a run creates besides the image; they follow from its id, so that cleaning up can tell them again. */
export function builderNames(runId: string): BuilderNames {
  const vm = `golden-builder-${markOf(runId)}`;
  const suffix = hashOf('sha256', `${runId} root`).slice(0, 5);
  return {
    vm,
    secret: `${vm}-cloudinit`,
    claim: `${vm}-root-${suffix}`,
    baseImage: `golden-base-${markOf(runId)}`,
  };
}

/** Where a run bakes by itself, below the folder for temporary files; cleaning up finds it again by the run's id. */
export function runnerFolder(temporary: string, runId: string): string {
  return join(temporary, builderNames(runId).vm);
}

const markOf = (runId: string) => hashOf('sha256', runId).slice(0, 6);

/** In order; each limit is an input of the phase's name. */
function plannedPhases({ limits, runner }: GoldenRequest): PlannedPhase[] {
  const phase = (id: PhaseId, limit: number, title: string, why: string): PlannedPhase => {
    return { id, limit, title, why, limitInput: `${id}-timeout` };
  };
  return [
    phase(
      'fingerprint',
      limits.fingerprint,
      'Compare with what exists',
      'an unchanged image needs no second bake',
    ),
    runner
      ? phase('provision', limits.provision, 'Prepare the runner', 'the bake runs on this machine')
      : phase(
          'provision',
          limits.provision,
          'Create the builder',
          'the bake runs inside Harvester, near its storage',
        ),
    phase('bake', limits.bake, 'Bake', 'the recipe is applied to the base image and facts are collected'),
    phase('proof', limits.proof, 'Prove', 'an image that breaks a rule is never imported'),
    phase(
      'hand-over',
      limits.handOver,
      'Find the image',
      runner
        ? 'the image is sent from this machine'
        : 'Harvester gets it from an address of the builder, or through this machine',
    ),
    phase('import', limits.import, 'Import', 'Harvester stores the image and checks its SHA-512'),
    phase('report', limits.report, 'Report', 'what was built, from what, and how to use it'),
    phase('cleanup', limits.cleanup, 'Clean up', 'everything but the image is removed, whatever happened'),
  ];
}

/** The plan for people. */
export function planLines(plan: GoldenPlan): string[] {
  const { names, namespace, builder, recipe } = plan;
  const layers = recipe.layers.length > 0 ? ` with ${recipe.layers.join(', ')}` : '';
  return [
    `recipe       ${recipe.name}${layers} (${plan.recipeDigest.slice(0, 12)})`,
    `image        ${namespace}/${names.image}`,
    ...(plan.runner
      ? [`builder      this machine, in ${plan.runner.folder}`]
      : [
          `builder      ${namespace}/${names.vm}: ${builder.cpu} CPU, ${builder.memory}, disk ${builder.diskSize}`,
          `boots from   ${builder.image?.url ?? recipe.base.url}`,
        ]),
    `network      ${[plan.network ?? 'pod network', ...(plan.staticNetwork?.addresses ?? [])].join(', ')}`,
    `labels       run ${plan.runId}, expiring ${plan.ownership.expiresAt}`,
    ...plan.phases.map(
      ({ id, title, limit, why }) => `${id.padEnd(12)} ${title}: ${why} (at most ${formatDuration(limit)})`,
    ),
  ];
}
