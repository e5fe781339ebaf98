/**
 * The image that the golden build's suite bakes in a machine, kept in the cache with what it must hold and what was found in it:
 * for the tests of the proof (test/system/verify), and to hold other builders against.
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { siteRecipe } from '../../lab/demo/site-recipe.ts';
import { CACHE, type Site } from '../../lab/rehearsal.ts';
import { canonicalJson, hashOf } from '../../src/base/hash.ts';
import { renderCustomize } from '../../src/recipe/customize.ts';
import { expectationsOf } from '../../src/recipe/expectations.ts';
import type { BakeEvidence } from '../../src/verify/compare.ts';
import { parseFacts } from '../../src/verify/facts.ts';
import { parseManifest } from '../../src/verify/manifest.ts';
import { probeFiles } from '../../src/verify/probe.ts';

const FOLDER = join(CACHE, 'golden');
/** Which of the suite's images: the one of a plain build, or of one behind an air gap. */
export type KeptName = 'golden' | 'airgap';

const kept = (file: string, name: KeptName = 'golden') => join(FOLDER, `${name}.${file}`);

interface Origin {
  /** Of all that decides what is baked and what is looked at. */
  readonly digest: string;
  readonly mirrorPort: number;
}

/** Keeps a finished image, and the evidence beside its manifest. */
export async function keepBake(
  name: KeptName,
  image: string,
  manifestFile: string,
  site: Site,
): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const expectations = expectationsOf(await siteRecipe(site));
  await writeFile(kept('expectations.json', name), JSON.stringify(expectations));
  await copyFile(image, kept('qcow2', name));
  await copyFile(manifestFile, kept('manifest.json', name));
  await copyFile(join(dirname(manifestFile), 'facts.json'), kept('facts.json', name));
  const origin: Origin = { digest: await digestOf(site), mirrorPort: portOf(site) };
  await writeFile(kept('origin.json', name), JSON.stringify(origin));
}

/** The port of the mirror that the kept image was baked from, which stands in its repository files; 0 without an image. */
export async function keptMirrorPort(): Promise<number> {
  return (await keptOrigin())?.mirrorPort ?? 0;
}

/** What was found in the kept image; undefined if there is none, or not one that `site` would give today. */
export async function keptEvidence(site: Site): Promise<BakeEvidence | undefined> {
  const origin = await keptOrigin();
  return origin?.digest === (await digestOf(site))
    ? readEvidence(kept('manifest.json'), kept('facts.json'))
    : undefined;
}

/** The evidence that a build has left in these files. */
export async function readEvidence(manifestFile: string, factsFile: string): Promise<BakeEvidence> {
  return {
    manifest: parseManifest(await readFile(manifestFile, 'utf8')),
    facts: parseFacts(await readFile(factsFile, 'utf8')),
  };
}

async function keptOrigin(): Promise<Origin | undefined> {
  const text = await readFile(kept('origin.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Origin);
}

async function digestOf(site: Site): Promise<string> {
  const recipe = await siteRecipe(site);
  const probe = probeFiles(expectationsOf(recipe));
  return hashOf('sha256', canonicalJson({ inputs: site.inputs, customize: renderCustomize(recipe), probe }));
}

function portOf(site: Site): number {
  return Number(new URL(site.mirror.url).port);
}
