/**
 * Scripted lives: what a test or a rehearsal asks the embedded Harvester to do wrong, per object by the annotation
 * `lab.rke2-actions.io/script` (JSON) or for all objects by an option. The numbers of facts/harvester.md §3.2–3.3 are named
 * at each field. A try is counted by `status.failed`, so a script holds over restarts.
 */
import { z } from 'zod';
import { bakeScript } from './faults/bake-script.ts';
import type { KubeObject } from './objects.ts';

export const SCRIPT_ANNOTATION = 'lab.rke2-actions.io/script';

const times = z.number().int().min(1);
const halt = z.strictObject({ times, percent: z.number().min(0).max(99) });

/** What goes wrong with the requests of an upload. */
const uploadScript = z.strictObject({
  /** The first requests are answered so before anything is read, and the image's status stays as it is. */
  answers: z
    .strictObject({ times, status: z.literal([400, 401, 413, 415, 500]), message: z.string().optional() })
    .optional(),
  /** The connection is cut at this percentage, in the first transfers of the image. */
  cutAt: halt.optional(),
  /** Nothing more is read from this percentage on, in the first transfers of the image: Longhorn gives up after 30 s. */
  idleAt: halt.optional(),
  /** Milliseconds without bytes until a transfer is given up; instead of 30 s. */
  idle: z.number().min(0).optional(),
  /** Milliseconds until an upload that has not begun is given up; instead of 60 s. */
  window: z.number().min(0).optional(),
});

const imageScript = z.strictObject({
  /** §3.2-1: the first tries fail at the HEAD request with this text. */
  headFails: z
    .strictObject({ times, message: z.string().default('got 404 status code from the script') })
    .optional(),
  /** §3.2-2, -3: the first downloads break at this percentage. */
  breaksAt: halt.optional(),
  /** §3.2-4: that many tries past the limit. */
  overshoot: times.optional(),
  /** §3.2-5: the first downloads end with a wrong checksum. */
  checksumFails: z.strictObject({ times }).optional(),
  /** §3.2-6: progress stays 0 for ever. */
  stuck: z.boolean().optional(),
  /** §3.2-7: milliseconds without any status. */
  quiet: z.number().min(0).optional(),
  /** §3.2-8: the first tries meet the previous backing image still being deleted. */
  stillDeleting: z.strictObject({ times }).optional(),
  /** §3.2-9. */
  upload: uploadScript.optional(),
  /** §3.2-10: milliseconds the image stays terminating. */
  terminating: z.number().min(0).optional(),
  /** The storage class outlives the image. */
  orphansClass: z.boolean().optional(),
  /** §3.2-12: the mutating webhook cannot be called (its failure policy is Ignore). */
  mutatorOff: z.boolean().optional(),
  /** Bytes per second at most. */
  bandwidth: z.number().positive().optional(),
});

const machineScript = z.strictObject({
  /** §3.3-2: milliseconds of `ErrorPvcNotFound` before the claims are made. */
  claimsMissing: z.number().min(0).optional(),
  /** §3.3-4: what the guest agent tells; see `interfaceLives`. */
  addresses: z.enum(['ipv4', 'ipv6', 'link-local', 'ipv6-first', 'flap', 'cni', 'none']).optional(),
  /** §3.3-6: the first boots end in a crash. */
  crashes: times.optional(),
  /** §3.3-7: never scheduled, with this message. */
  unschedulable: z.string().optional(),
  /** Not booted: a golden bake is played (faults/bake-play.ts). */
  bake: bakeScript.optional(),
  /** What is wrong with reading its console. */
  console: z
    .strictObject({
      /** The stream that is the first to come to one of these lines is cut there. */
      cutsAt: z.array(times).optional(),
      /** The log is rotated after every so many lines: a new stream begins with the newest part. */
      rotatesAfter: times.optional(),
    })
    .optional(),
});

export type ImageScript = z.infer<typeof imageScript>;
export type MachineScript = z.infer<typeof machineScript>;

/** Scripts for every object that has none of its own. What is changed here holds from the next look on. */
export interface Scripts {
  image?: ImageScript | undefined;
  machine?: MachineScript | undefined;
  /** Only images that this accepts get `image`. Default: all. */
  whichImages?: ((image: KubeObject) => boolean) | undefined;
}

/** The script of an image. Throws a ZodError that names each key that is wrong. */
export function imageScriptOf(object: KubeObject, scripts: Scripts = {}): ImageScript {
  const own = ownScript(object);
  if (own !== undefined) return imageScript.parse(own);
  return scripts.whichImages?.(object) === false ? {} : (scripts.image ?? {});
}

/** The script of a virtual machine or its instance. Throws a ZodError that names each key that is wrong. */
export function machineScriptOf(object: KubeObject, scripts: Scripts = {}): MachineScript {
  const own = ownScript(object);
  return own === undefined ? (scripts.machine ?? {}) : machineScript.parse(own);
}

function ownScript(object: KubeObject): unknown {
  const text = object.metadata.annotations?.[SCRIPT_ANNOTATION];
  return text === undefined ? undefined : JSON.parse(text);
}
