/** Facts that prove the image of a recipe: the verify tests' fixture, with what that recipe writes put in. */

import { expectationsOf } from '../../../src/recipe/expectations.ts';
import type { Expectations, ResolvedRecipe } from '../../../src/recipe/model.ts';
import { goodDocument } from '../../unit/verify/good-image.ts';

/** The probe's document, JSON. */
export function factsFor(recipe: ResolvedRecipe): string {
  const document = goodDocument();
  const expected = expectationsOf(recipe);
  const change = (name: string, text: (before: string) => string) => {
    const section = document.sections[name]!;
    document.sections[name] = { ...section, text: text(section.text) };
  };
  change('golden-release', () => releaseOf(expected));
  change('package-verify', (text) => without(text, '/etc/sysconfig/iptables'));
  change('paths', (text) => [text, ...expected.files.map(pathLine)].join('\n'));
  change('digests', (text) =>
    [text, ...expected.files.map(({ path, sha256 }) => `${sha256}  ${path}`)].join('\n'),
  );
  return JSON.stringify(document);
}

function releaseOf({ recipe }: Expectations): string {
  return [
    '=/etc/golden-release',
    `|GOLDEN_RECIPE="${recipe.name}"`,
    `|GOLDEN_LAYERS="${recipe.layers.join(' ')}"`,
  ].join('\n');
}

function pathLine({ path, mode, owner, group }: Expectations['files'][number]): string {
  const bits = mode.replace(/^0/, '');
  const fields = [
    'f',
    bits,
    owner,
    group,
    '100',
    '1795265133.0000000000',
    'system_u:object_r:etc_t:s0',
    '',
    path,
  ];
  return fields.join('\t');
}

function without(text: string, part: string): string {
  return text
    .split('\n')
    .filter((line) => !line.includes(part))
    .join('\n');
}
