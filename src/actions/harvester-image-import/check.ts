/** What only shows when inputs are seen together: reported all at once, before anything is touched. */
import { CodedError } from '../../base/errors.ts';
import { parseChecksum } from '../../harvester/checksum.ts';
import { isName, labelValue } from '../../harvester/labels.ts';
import { labelProblem } from '../../harvester/user-labels.ts';
import { inputError } from '../../runner/inputs.ts';
import type { ImportInputs } from './inputs.ts';

const IMAGE = /^([a-z0-9-]+\/)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/** Throws UserError INPUT_INVALID with all problems. */
export function checkTogether(inputs: ImportInputs): void {
  const problems = [
    ...(inputs.operation === 'import' ? importProblems(inputs) : strayProblems(inputs)),
    ...deleteProblems(inputs),
  ];
  if (problems.length > 0) throw inputError(problems);
}

function importProblems(inputs: ImportInputs): string[] {
  return [
    ...sourceProblems(inputs),
    ...nameProblems(inputs),
    ...checksumProblems(inputs),
    ...Object.entries(inputs.labels).flatMap(([key, value]) => {
      const problem = labelProblem(key, value);
      return problem ? [`labels: ${problem}.`] : [];
    }),
  ];
}

function sourceProblems(inputs: ImportInputs): string[] {
  const given = (['url', 'file', 'volume'] as const).filter((name) => inputs[name] !== undefined);
  if (given.length === 0) return ['url, file, volume: one of them must say what is imported.'];
  if (given.length > 1) return [`${given.join(', ')}: give one source, not ${given.length}.`];
  const endpoint = inputs['upload-endpoint'] !== undefined && inputs.file === undefined;
  return endpoint ? ['upload-endpoint: only counts with file.'] : [];
}

/** A name that is also a label value: releases differ in what they refuse, and when (facts/harvester.md §1.1). */
function nameProblems(inputs: ImportInputs): string[] {
  const { name, 'display-name': displayName, family } = inputs;
  const isLabel = (text: string) => text !== '' && labelValue(text) === text;
  return [
    ...(name === undefined ? ['name: is required. Example: name: "rocky-9-20261121"'] : []),
    ...(name !== undefined && !isName(name)
      ? [`name: "${name}" must be at most 63 lower-case letters, digits and "-".`]
      : []),
    ...[displayName, family].flatMap((text, index) =>
      text !== undefined && !isLabel(text)
        ? [
            `${index === 0 ? 'display-name' : 'family'}: "${text}" must be at most 63 letters, digits, "-", "_" and ".".`,
          ]
        : [],
    ),
  ];
}

function checksumProblems(inputs: ImportInputs): string[] {
  const { checksum, url, volume } = inputs;
  const wanted = checksum !== 'auto' && checksum !== 'none';
  if (volume && wanted)
    return ['checksum: the bytes of a volume are not known before its export; leave it out.'];
  const comparable =
    inputs['on-existing'] !== 'skip-if-same' || (volume === undefined && (url === undefined || wanted));
  return [
    ...(comparable && !(inputs['on-existing'] === 'skip-if-same' && checksum === 'none')
      ? []
      : [
          'on-existing: skip-if-same compares SHA-512: give checksum, or compute. A volume cannot be compared.',
        ]),
    ...(wanted ? digestProblems(checksum) : []),
  ];
}

function digestProblems(checksum: string): string[] {
  try {
    parseChecksum(checksum);
    return [];
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return [`checksum: ${error.message} ${error.mend}`];
  }
}

function deleteProblems({ operation, images }: ImportInputs): string[] {
  if (operation !== 'delete') return images.length > 0 ? ['images: only counts with operation: delete.'] : [];
  if (images.length === 0) return ['images: is required with operation: delete; one exact name per line.'];
  return images.flatMap((name) =>
    IMAGE.test(name)
      ? []
      : [`images: "${name}" must be a whole name; patterns have no place where things are deleted.`],
  );
}

function strayProblems(inputs: ImportInputs): string[] {
  const stray = (['name', 'url', 'file', 'volume'] as const).filter((name) => inputs[name] !== undefined);
  return stray.map((name) => `${name}: only counts with operation: import.`);
}
