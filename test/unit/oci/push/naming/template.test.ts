import { describe, expect, test } from '@jest/globals';
import {
  fillTemplate,
  placeholdersOf,
  templateProblems,
} from '../../../../../src/oci/push/naming/template.ts';

const VALUES = { name: 'app', version: '1.0', arch: 'arm64', repoTag: '' };

describe('fillTemplate', () => {
  test.each([
    ['{{name}}', 'app'],
    ['v{{version}}', 'v1.0'],
    ['{{ version }}-{{arch}}', '1.0-arm64'],
    ['plain', 'plain'],
    ['{{name}}/{{name}}', 'app/app'],
  ])('%s', (template, text) => expect(fillTemplate(template, VALUES)).toEqual({ text }));

  test('names what has no value, an empty one included', () =>
    expect(fillTemplate('{{repository}}:{{repoTag}}-{{arch}}', VALUES)).toEqual({
      missing: ['repository', 'repoTag'],
    }));
});

describe('templateProblems', () => {
  test.each([
    ['{{versoin}}', /did you mean \{\{version\}\}/],
    ['{{architecture}}', /did you mean \{\{arch\}\}/],
    ['{{repotag}}', /did you mean \{\{repoTag\}\}/],
    ['{{tag}}', /did you mean \{\{repoTag\}\}/],
    ['{{commit}}', /known are \{\{name\}\}/],
    ['{{version}', /braces/],
    ['v{version}', /braces/],
    ['{{}}', /unknown/],
  ])('%s', (template, problem) => expect(templateProblems(template).join()).toMatch(problem));

  test('names each unknown one', () => expect(templateProblems('{{a}}-{{b}}')).toHaveLength(2));
  test('has nothing to say of a good one', () =>
    expect(templateProblems('v{{version}}-{{arch}}')).toEqual([]));
});

test('placeholdersOf knows only ours', () =>
  expect([...placeholdersOf('{{version}}-{{arch}}-{{commit}}')]).toEqual(['version', 'arch']));
