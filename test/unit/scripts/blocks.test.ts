import { describe, expect, test } from '@jest/globals';
import { blocksOf, fillBlocks } from '../../../scripts/blocks.ts';

const fill = (text: string, content: string) => fillBlocks(text, 'a.md', () => content);

describe('generated blocks', () => {
  test.each([
    ['Markdown', '<!-- generated:inputs bake -->\nold\n<!-- /generated -->'],
    ['TypeScript', '// generated:inputs bake\nold\n// /generated'],
    ['YAML', '# generated:inputs bake\nold\n# /generated'],
  ])('are found by the comments of %s', (_language, text) => {
    expect(blocksOf(text, 'a')).toEqual([{ name: 'inputs', argument: 'bake', start: 0, end: 2 }]);
  });

  test('are replaced, and nothing around them', async () => {
    const text = 'before\n<!-- generated:a -->\nold\nolder\n<!-- /generated -->\nafter\n';
    expect(await fill(text, 'new\n')).toBe('before\n<!-- generated:a -->\nnew\n<!-- /generated -->\nafter\n');
  });

  test('keep the indent of their marker, without trailing spaces on empty lines', async () => {
    expect(await fill('  // generated:a\n  // /generated', 'one\n\ntwo')).toBe(
      '  // generated:a\n  one\n\n  two\n  // /generated',
    );
  });

  test('do not change when filled twice', async () => {
    const once = await fill('# generated:a\n# /generated\n', 'x');
    expect(await fill(once, 'x')).toBe(once);
  });

  test('leave a text without markers as it is', async () => {
    expect(await fill('see generated:a\n', 'x')).toBe('see generated:a\n');
  });

  test.each([
    ['a block that is not closed', 'x\n<!-- generated:a -->\n', 'a.md:2'],
    ['a block inside another', '# generated:a\n# generated:b\n# /generated\n# /generated', 'a.md:2'],
    ['an end without a beginning', '<!-- /generated -->', 'a.md:1'],
  ])('refuse %s', (_case, text, place) => {
    expect(() => blocksOf(text, 'a.md')).toThrow(place);
  });
});
