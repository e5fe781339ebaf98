/**
 * The probe as files to be staged on the machine that holds the image: three shell scripts, the same for every recipe, and
 * a list of what to look at. Nothing of a recipe becomes code: it is data in `spec`, one `kind value` per line.
 */
import { readFileSync } from 'node:fs';
import { InternalError } from '../base/errors.ts';
import type { Expectations, StagedFile } from '../recipe/model.ts';
import { LEFTOVERS, UNWANTED_UNITS, WATCHED_PATHS } from './leftovers.ts';

/** Bytes; the spec travels, with the guest's script, in one argument of at most 128 KiB, in base64. */
export const SPEC_LIMIT = 48 * 1024;

type SpecKind = 'path' | 'file' | 'directory' | 'glob' | 'unit' | 'module' | 'driver' | 'certificate';

export interface Probe {
  readonly files: readonly StagedFile[];
  /** Run as `bash ENTRY IMAGE > facts.json`, from wherever `files` were put. */
  readonly entry: string;
}

/** The files of the probe for one recipe. Throws InternalError PROBE_SPEC if a path cannot be put on a line. */
export function probeFiles(expectations: Expectations): Probe {
  return {
    files: [
      { name: 'probe/probe.sh', content: script('probe.sh'), mode: '0755' },
      { name: 'probe/section.sh', content: script('section.sh'), mode: '0644' },
      { name: 'probe/guest.sh', content: script('guest.sh'), mode: '0644' },
      { name: 'probe/spec', content: probeSpec(expectations), mode: '0644' },
    ],
    entry: 'probe/probe.sh',
  };
}

/** What to look at, one `kind value` per line, sorted; no line twice. */
export function probeSpec(expectations: Expectations): string {
  const { files, directories, sealing, services } = expectations;
  const wanted: Readonly<Record<SpecKind, readonly string[]>> = {
    path: [...WATCHED_PATHS, ...sealing.emptied],
    file: files.map((file) => file.path),
    directory: directories.map((directory) => directory.path),
    glob: [...Object.values(LEFTOVERS).flat(), ...sealing.removed],
    unit: [...services.enable, ...services.disable, ...services.mask, ...UNWANTED_UNITS],
    module: expectations.kernelModules,
    driver: [...expectations.initramfs.drivers, 'xfs', 'ext4'],
    certificate: expectations.certificates.map((certificate) => certificate.sha256),
  };
  const lines = Object.entries(wanted).flatMap(([kind, values]) =>
    values.map((value) => specLine(kind, value)),
  );
  const spec = `${[...new Set(lines)].sort().join('\n')}\n`;
  if (Buffer.byteLength(spec) > SPEC_LIMIT) {
    throw new InternalError('PROBE_SPEC', `The list of what the probe looks at exceeds ${SPEC_LIMIT} bytes.`);
  }
  return spec;
}

function specLine(kind: string, value: string): string {
  if (value === '' || /[\n\t\0]/.test(value)) {
    throw new InternalError(
      'PROBE_SPEC',
      `${JSON.stringify(value)} cannot be looked for: it is empty or has a line break or tab.`,
    );
  }
  return `${kind} ${value}`;
}

// A literal URL per file: the bundler finds and ships each of them.
function script(name: 'probe.sh' | 'section.sh' | 'guest.sh'): string {
  const urls = {
    'probe.sh': new URL('./probe/probe.sh', import.meta.url),
    'section.sh': new URL('./probe/section.sh', import.meta.url),
    'guest.sh': new URL('./probe/guest.sh', import.meta.url),
  };
  return readFileSync(urls[name], 'utf8');
}
