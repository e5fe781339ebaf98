/** The facts of a good image, whole or changed: what the tests of rules, manifest and report start from. */
import { readFileSync } from 'node:fs';
import { type Facts, parseFacts } from '../../../src/verify/facts.ts';
import type { Outside } from '../../../src/verify/rule.ts';
import type { Section } from '../../../src/verify/sections/section.ts';

interface FactDocument {
  schemaVersion: number;
  sections: Record<string, Section>;
}

export const KERNEL = '5.14.0-570.52.1.el9_6.x86_64';

export const OUTSIDE: Outside = {
  digests: { sha256: 'ab'.repeat(32), sha512: 'cd'.repeat(64), sha512After: 'cd'.repeat(64) },
  stable: { size: 1e9 },
  vulnerabilities: { new: [], total: 3, budget: 10 },
};

export function goodDocument(): FactDocument {
  return JSON.parse(readFileSync(new URL('./fixtures/good-facts.json', import.meta.url), 'utf8'));
}

/** The facts after `change` was applied to the texts of their sections; a change that changes nothing is refused. */
export function factsWith(changes: Readonly<Record<string, (text: string) => string>> = {}): Facts {
  const document = goodDocument();
  for (const [name, change] of Object.entries(changes)) {
    const section = document.sections[name];
    if (!section) throw new Error(`the fixture has no section ${name}`);
    const text = change(section.text);
    if (text === section.text) throw new Error(`the change of ${name} changes nothing`);
    document.sections[name] = { ...section, text };
  }
  return parseFacts(JSON.stringify(document));
}

/** Adds a line. */
export const add = (line: string) => (text: string) => (text === '' ? line : `${text}\n${line}`);
/** Replaces all occurrences. */
export const swap = (from: string, to: string) => (text: string) => text.replaceAll(from, to);
/** Replaces the whole text. */
export const become = (to: string) => () => to;
/** Takes out the lines that contain `part`. */
export const without = (part: string) => (text: string) =>
  text
    .split('\n')
    .filter((line) => !line.includes(part))
    .join('\n');
