import { expect, test } from '@jest/globals';
import { realPace } from '../../lab/harvester/pace.ts';
import { readLabArguments } from '../../lab/main.ts';

test('without words everything has a default', () => {
  expect(readLabArguments([])).toMatchObject({ version: '1.8', port: 6443, pace: realPace });
});

test('all mistakes are told at once', () => {
  expect(() => readLabArguments(['--version', '2', '--pace', 'slow', '--port', '70000'])).toThrow(
    expect.objectContaining({
      code: 'LAB_USAGE',
      message: [
        '--version 2: expected one of 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9',
        '--pace slow: expected real or fast',
        '--port 70000: expected 0 (any free) to 65535',
      ].join('\n'),
    }),
  );
});

test('an unknown option is refused', () => {
  expect(() => readLabArguments(['--colour'])).toThrow(expect.objectContaining({ code: 'LAB_USAGE' }));
});
