/**
 * Who bakes: a machine in Harvester or the runner itself. A build knows nothing of either but this, so that plan, proof, import
 * and report are the same for both.
 */

import type { BuilderInput } from '../bake/input.ts';
import type { Clock } from '../base/clock.ts';
import type { Http } from '../base/http.ts';
import type { PhaseContext } from '../base/phase.ts';
import type { ImageSource } from '../harvester/image-source.ts';
import type { RemovalReport } from '../harvester/removal.ts';
import type { Kube } from '../kube/kube.ts';
import { renderCustomize } from '../recipe/customize.ts';
import { toolRepositories } from '../recipe/egress.ts';
import { expectationsOf } from '../recipe/expectations.ts';
import { probeFiles } from '../verify/probe.ts';
import type { Baked } from './bake.ts';
import type { GoldenPlan } from './plan.ts';

/** How many times longer emulated guests may take (facts/golden-images.md D39). */
export const EMULATION_FACTOR = 6;
/** Where the image is served. */
export const PORT = 8080;

/** What a phase of a build works with. */
export interface GoldenContext extends PhaseContext {
  readonly kube: Kube;
  readonly http: Http;
  readonly clock: Clock;
}

/** What a builder is made from; one per build. */
export interface BuilderTask {
  readonly plan: GoldenPlan;
  /** Hex, of the base image. */
  readonly baseSha256: string;
  /** The secret part of the served path, 16 letters or more. */
  readonly token: string;
  /** Takes every readable line of the bake's log. */
  readonly record: (line: string) => void;
}

/** Called in this order, each once; `cleanUp` also after any of them failed. */
export interface GoldenBuilder {
  /** Everything the bake needs is there, or being started, when this returns. */
  provision(context: GoldenContext): Promise<void>;
  /** Follows the bake to its end; EnvironmentError BAKE_FAILED or another that says what happened. */
  bake(context: GoldenContext): Promise<Baked>;
  /** Where Harvester gets the finished image from; valid until {@link cleanUp}. */
  handOver(baked: Baked, context: GoldenContext): Promise<ImageSource>;
  /**
   * Leaves everything until `expiresAt` (RFC 3339), when a janitor takes it. Returns how to get in, a line each. A builder without
   * it is taken away.
   */
  hold?(expiresAt: string, context: GoldenContext): Promise<readonly string[]>;
  /** Takes away what the builder made, and all else the run left in the cluster. Repeatable; throws only the abort reason. */
  cleanUp(context: GoldenContext): Promise<RemovalReport>;
}

/** What the bake is told; the same for every builder. */
export function builderInput({ plan, baseSha256, token }: BuilderTask): BuilderInput {
  const { recipe, runId, proxy, staticNetwork, builderSshKeys } = plan;
  const { name, certificates, downloads, image } = recipe;
  return {
    recipe: {
      name,
      certificates,
      downloads,
      virtualSize: image.virtualSize,
      toolRepositories: toolRepositories(recipe),
      airGapped: recipe.allowedHosts !== undefined,
    },
    customize: renderCustomize(recipe),
    probe: probeFiles(expectationsOf(recipe)),
    base: { url: recipe.base.url, sha256: baseSha256 },
    token,
    port: PORT,
    runId,
    limits: plan.bakeLimits,
    emulationFactor: EMULATION_FACTOR,
    compress: true,
    proxy,
    staticNetwork,
    sshAuthorizedKeys: builderSshKeys,
  };
}
