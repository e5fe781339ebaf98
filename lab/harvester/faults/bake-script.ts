/**
 * How a played bake goes: all is well unless a key says otherwise. Part of a machine's script (script.ts), so JSON; each
 * key is one way in which real builders have failed (facts/harvester.md §2.6, §3.3; facts/golden-images.md §5).
 */
import { z } from 'zod';

const phase = z.enum([
  'prepare',
  'download',
  'accelerate',
  'customize',
  'compress',
  'probe',
  'hash',
  'serve',
]);

export const bakeScript = z.strictObject({
  /** Path of the probe's facts, JSON. */
  facts: z.string(),
  /** Path of the qcow2 that comes out. */
  image: z.string(),
  /** Milliseconds that each phase takes. */
  pace: z.number().min(0).default(20),
  /** Milliseconds that one phase takes, for a test that wants to catch the build in it. */
  slow: z.partialRecord(phase, z.number().min(0)).optional(),
  /** The phase ends with an error mark, after these lines. */
  fails: z
    .strictObject({
      phase,
      step: z.string().optional(),
      code: z.string().optional(),
      message: z.string(),
      lines: z.array(z.string()).default([]),
      exit: z.number().int().default(1),
    })
    .optional(),
  /** The phase ends with a kernel panic. */
  dies: z.strictObject({ phase }).optional(),
  /** The phase ends with the power off. */
  stops: z.strictObject({ phase }).optional(),
  /** The phase never ends, in silence. */
  hangs: z.strictObject({ phase }).optional(),
  /** Guests are emulated. */
  emulated: z.string().optional(),
  /** What the builder names as its addresses; default: its own. */
  addresses: z.array(z.string()).optional(),
  /** Further lines in the middle of the bake. */
  says: z.array(z.string()).default([]),
  /** That many lines of noise in the middle of the bake. */
  noise: z.number().int().min(0).default(0),
  /** The facts never arrive whole: that many of their chunks are lost, both times. */
  losesChunks: z.number().int().min(0).default(0),
  /** The bytes served are not those that were announced; or nothing is served any more. */
  serves: z.enum(['image', 'other', 'shorter', 'nothing']).default('image'),
});

export type BakeScript = z.infer<typeof bakeScript>;
export type BakePhase = z.infer<typeof phase>;
export const BAKE_PHASES: readonly BakePhase[] = phase.options;
