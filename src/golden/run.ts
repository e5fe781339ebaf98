/**
 * A golden build from plan to image: each phase timed and limited, nothing left behind whatever happens (DESIGN §2 rules
 * 4, 5). The order is the safety: cheap questions first, no import before the proof, the image stays only at the end.
 */

import { type Clock, throwIfAborted, timestamp } from '../base/clock.ts';
import { asCoded, type CodedError, messageOf } from '../base/errors.ts';
import type { Http } from '../base/http.ts';
import type { Logger } from '../base/log.ts';
import { PhaseRunner, type PhaseTiming } from '../base/phase.ts';
import { type ImportedImage, importedImage } from '../harvester/images.ts';
import type { VirtualMachineImage } from '../harvester/import-state.ts';
import { SHA512 } from '../harvester/labels.ts';
import type { Remainder } from '../harvester/removal.ts';
import type { Kube } from '../kube/kube.ts';
import type { Verdict } from '../verify/rules.ts';
import { checkAccess, checkNetwork, checkStorageClass } from './access.ts';
import { isWorthAnotherBuilder } from './another-try.ts';
import type { Baked } from './bake.ts';
import { BuildLock } from './build-lock.ts';
import { type BuildOrigin, type BuildOutcome, buildRecord } from './build-record.ts';
import type { GoldenBuilder, GoldenContext } from './builder.ts';
import { createBuilder } from './builders.ts';
import { Evidence } from './evidence.ts';
import { decideSkip, type Inputs, imagesOfRecipe, readInputs, type SkipDecision } from './fingerprint.ts';
import { importGolden } from './import.ts';
import { controlPlaneCloudInit, tfvars, workerCloudInit } from './node-config.ts';
import type { Output } from './output-folder.ts';
import type { GoldenPlan, PhaseId } from './plan.ts';
import { judgeImage, requireProven } from './proof.ts';

export interface GoldenDependencies {
  readonly kube: Kube;
  readonly http: Http;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
  readonly output: Output;
  readonly origin: BuildOrigin;
  /** The secret part of the served path, 16 letters or more. */
  readonly token: string;
}

/** Paths of files that were written. */
export interface GoldenFiles {
  readonly manifest?: string;
  readonly verdict?: string;
  readonly buildRecord?: string;
}

export interface GoldenResult {
  readonly skipped: boolean;
  /** Why it was skipped, or why not. */
  readonly reason: string;
  readonly image: ImportedImage;
  /** Hex; of an image that was skipped to, as far as it is known. */
  readonly sha512?: string | undefined;
  readonly size: number;
  readonly virtualSize?: number | undefined;
  readonly fingerprint?: string | undefined;
  readonly verdict?: Verdict;
  readonly files: GoldenFiles;
  readonly tfvars: string;
  readonly controlPlaneCloudInit: string;
  readonly workerCloudInit: string;
  readonly timings: readonly PhaseTiming[];
  /** What could not be removed, and why. */
  readonly left: readonly Remainder[];
}

/** One build; `run` once. After a failure its getters tell how far it came. */
export class GoldenBuild {
  readonly #plan: GoldenPlan;
  readonly #with: GoldenDependencies;
  readonly #phases: PhaseRunner;
  readonly #start: string;
  /** Grows as the build goes on; what a failure leaves of it goes into the record. */
  #known: { inputs?: Inputs; baked?: Baked; verdict?: Verdict; image?: ImportedImage } = {};
  readonly #evidence: Evidence;
  #builder: GoldenBuilder | undefined;
  #files: GoldenFiles = {};
  #left: readonly Remainder[] = [];
  /** Bytes of the newest image there was before. */
  #previousSize: number | undefined;
  #held = false;
  #settled = true;
  /** Everything the builder made was taken away. */
  #removed = false;
  #lock: BuildLock | undefined;

  constructor(plan: GoldenPlan, dependencies: GoldenDependencies) {
    this.#plan = plan;
    this.#with = dependencies;
    this.#phases = new PhaseRunner(dependencies.clock, dependencies.log);
    this.#evidence = new Evidence(dependencies.output);
    this.#start = timestamp(dependencies.clock);
  }

  get timings(): readonly PhaseTiming[] {
    return this.#phases.timings;
  }

  /** The judgement over the image, once there is one. */
  get verdict(): Verdict | undefined {
    return this.#known.verdict;
  }

  /** What a failed build left to look at. */
  get evidence(): Pick<Evidence, 'tail' | 'diagnostics'> {
    return this.#evidence;
  }

  /** Whether the builder was left for a look at it: then nothing is to be swept. */
  get held(): boolean {
    return this.#held;
  }

  /** Nothing of the run is left in the cluster: it made nothing, or everything was taken away. */
  get settled(): boolean {
    return this.#settled;
  }

  get files(): GoldenFiles {
    return this.#files;
  }

  /** Throws the first failure, after cleaning up; a cancelled build leaves that to the caller's post step. */
  async run(): Promise<GoldenResult> {
    await this.#with.output.open();
    try {
      const { inputs, decision } = await this.#phase('fingerprint', (context) => this.#compare(context));
      if (decision.skip) return this.#skippedTo(decision.image, inputs, decision.reason);
      const image = await this.#build(inputs);
      await this.#phase('report', () => this.#report());
      await this.#leave(this.#plan.debug.when === 'always');
      return this.#finished(image, inputs, decision.reason);
    } catch (error) {
      await this.#fail(asCoded(error, 'building the golden image'));
      throw error;
    } finally {
      await this.#unlock();
      await this.#with.output.close();
    }
  }

  /** Also of a build that was cancelled: nobody shall wait for it. */
  async #unlock(): Promise<void> {
    const released = (await this.#lock?.release()) ?? true;
    const nothingMade = this.#builder === undefined || this.#removed;
    this.#settled = released && nothingMade;
  }

  /** Rights first: whatever is missing is told at once, before anything is read. */
  async #compare(context: GoldenContext): Promise<{ inputs: Inputs; decision: SkipDecision }> {
    await checkAccess(this.#plan, context);
    await checkNetwork(this.#plan, context);
    await checkStorageClass(this.#plan, context);
    const inputs = await readInputs(this.#plan, this.#with.http, context);
    let decision = await this.#decide(inputs, context);
    if (!decision.skip) {
      this.#settled = false;
      await this.#takeLock(context);
      // The build that had it until now may have made the very image.
      decision = await this.#decide(inputs, context);
    }
    context.log.info(`${decision.skip ? 'skipped' : 'a bake is needed'}: ${decision.reason}`);
    return { inputs, decision };
  }

  /** The log of a phase ends with it, the lock does not. */
  async #takeLock(context: GoldenContext): Promise<void> {
    this.#lock ??= await BuildLock.acquire(this.#plan, { ...context, log: this.#with.log });
  }

  async #decide(inputs: Inputs, { kube, clock, signal }: GoldenContext): Promise<SkipDecision> {
    const { force, maxAge } = this.#plan;
    const images = await imagesOfRecipe(this.#plan, kube, signal);
    this.#previousSize = images[0] && importedImage(images[0]).size;
    return decideSkip(inputs, images, { force, maxAge, now: clock.now() });
  }

  async #build(inputs: Inputs): Promise<ImportedImage> {
    const plan = this.#plan;
    const { baseSha256, fingerprint } = inputs;
    this.#known = { inputs };
    const { builder, baked } = await this.#bake(baseSha256);
    this.#known = { inputs, baked };
    const verdict = await this.#phase('proof', () => this.#prove(baked, baseSha256));
    this.#known = { inputs, baked, verdict };
    const source = await this.#phase('hand-over', (context) => builder.handOver(baked, context));
    const image = await this.#phase('import', (context) =>
      importGolden(plan, { source, sha512: baked.result.sha512, baseSha256, fingerprint }, context),
    );
    this.#known = { inputs, baked, verdict, image };
    return image;
  }

  /** With another builder where the first was lost and took nothing else with it. */
  async #bake(baseSha256: string): Promise<{ builder: GoldenBuilder; baked: Baked }> {
    const { log, signal } = this.#with;
    for (let retries = this.#plan.bakeRetries; ; retries--) {
      try {
        const builder = await this.#phase('provision', (context) => this.#provision(baseSha256, context));
        const baked = await this.#phase('bake', (context) => builder.bake(context));
        return { builder, baked };
      } catch (error) {
        if (retries <= 0 || signal?.aborted || !isWorthAnotherBuilder(error)) throw error;
        log.warning(`${messageOf(error)} Trying again with another builder; tries left: ${retries}.`);
        await this.#cleanUp();
        // Its successor has the same names.
        if (this.#left.length > 0) throw error;
        // The lease went with all else of the run.
        await this.#lock?.release();
        this.#lock = undefined;
      }
    }
  }

  async #provision(baseSha256: string, context: GoldenContext): Promise<GoldenBuilder> {
    const plan = this.#plan;
    const { token } = this.#with;
    await this.#takeLock(context);
    this.#removed = false;
    this.#builder = createBuilder({ plan, baseSha256, token, record: this.#evidence.record });
    await this.#builder.provision(context);
    return this.#builder;
  }

  /** Evidence is written before it is judged: a broken image is where it is needed most. */
  async #prove(baked: Baked, baseSha256: string): Promise<Verdict> {
    const { output } = this.#with;
    await output.save('facts.json', baked.facts);
    const { verdict, manifest } = judgeImage(this.#plan, baked, {
      baseSha256,
      previousSize: this.#previousSize,
    });
    this.#known = { ...this.#known, verdict };
    this.#files = {
      verdict: await output.save('verdict.json', verdict),
      ...(manifest && { manifest: await output.save('manifest.json', manifest) }),
    };
    requireProven(verdict);
    return verdict;
  }

  async #report(error?: CodedError): Promise<void> {
    const { clock, origin, output } = this.#with;
    const { timings } = this.#phases;
    const outcome: BuildOutcome = {
      ...this.#known,
      error,
      log: await output.endLog(),
      timings,
      start: this.#start,
      end: timestamp(clock),
    };
    const record = await output.save('build-record.json', buildRecord(this.#plan, origin, outcome));
    this.#files = { ...this.#files, buildRecord: record };
  }

  /** Never hides the failure behind one of its own. */
  async #fail(error: CodedError): Promise<void> {
    const { kube, clock, log, signal } = this.#with;
    const without = (what: string) => (second: unknown) => log.warning(`no ${what}: ${messageOf(second)}`);
    await this.#report(error).catch(without('build record'));
    if (signal?.aborted) return;
    if (this.#builder)
      await this.#evidence.collect(this.#plan, { kube, clock, log }).catch(without('diagnostics'));
    await this.#leave(this.#plan.debug.when !== 'never');
  }

  /** Takes everything away, or leaves it for a look where that is wanted and possible. */
  async #leave(hold: boolean): Promise<void> {
    const builder = this.#builder;
    if (!hold || !builder?.hold) return this.#cleanUp();
    const { clock, log, signal } = this.#with;
    const expiresAt = timestamp({ ...clock, now: () => clock.now() + this.#plan.debug.ttl });
    try {
      const waysIn = await this.#phase('cleanup', (context) => builder.hold!(expiresAt, context));
      this.#held = true;
      const { namespace, runId } = this.#plan;
      log.notice(
        [
          `The builder is left for a look at it until ${expiresAt}: run ${runId} in namespace ${namespace}.`,
          ...waysIn,
          `After that the janitor takes it away; sooner: npx rke2-actions golden destroy-builder --run ${runId} --namespace ${namespace}`,
        ].join('\n'),
      );
    } catch (error) {
      throwIfAborted(signal);
      log.warning(`the builder cannot be left for a look at it: ${messageOf(error)}`);
      await this.#cleanUp();
    }
  }

  /** Without a builder nothing was made. */
  async #cleanUp(): Promise<void> {
    const builder = this.#builder;
    if (!builder) return;
    const { log, signal } = this.#with;
    try {
      const report = await this.#phase('cleanup', (context) => builder.cleanUp(context));
      this.#left = report.left;
      this.#removed = report.left.length === 0;
    } catch (error) {
      throwIfAborted(signal);
      log.warning(`cleaning up was not finished: ${messageOf(error)}`);
      this.#left = [{ what: `objects of run ${this.#plan.runId}`, why: messageOf(error) }];
    }
  }

  #phase<T>(id: PhaseId, work: (context: GoldenContext) => Promise<T>): Promise<T> {
    const phase = this.#plan.phases.find((planned) => planned.id === id)!;
    const { kube, http, clock, signal } = this.#with;
    return this.#phases.run(phase, signal, (context) => work({ ...context, kube, http, clock }));
  }

  #skippedTo(found: VirtualMachineImage, inputs: Inputs, reason: string): GoldenResult {
    const image = importedImage(found);
    const sha512 = found.metadata.annotations?.[SHA512] ?? image.checksum;
    const { size, virtualSize } = image;
    return { skipped: true, reason, sha512, size, virtualSize, ...this.#common(image, inputs) };
  }

  #finished(image: ImportedImage, inputs: Inputs, reason: string): GoldenResult {
    const { sha512, size, virtualSize } = this.#known.baked!.result;
    const { verdict } = this.#known;
    return {
      skipped: false,
      reason,
      sha512,
      size,
      virtualSize,
      ...this.#common(image, inputs),
      ...(verdict && { verdict }),
    };
  }

  #common(image: ImportedImage, { fingerprint }: Inputs) {
    return {
      image,
      fingerprint,
      files: this.#files,
      tfvars: tfvars(image.displayName),
      controlPlaneCloudInit: controlPlaneCloudInit(this.#plan),
      workerCloudInit: workerCloudInit(this.#plan),
      timings: this.#phases.timings,
      left: this.#left,
    };
  }
}
