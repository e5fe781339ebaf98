import { describe, expect, test } from '@jest/globals';
import { parseChallenges } from '../../../../../src/oci/registry/login/challenge.ts';

describe('a header', () => {
  test.each([
    ['', []],
    ['Basic realm="harbor"', [{ scheme: 'basic', parameters: { realm: 'harbor' } }]],
    [
      'Bearer realm="https://a/token",service="s",scope="repository:a/b:pull,push"',
      [
        {
          scheme: 'bearer',
          parameters: { realm: 'https://a/token', service: 's', scope: 'repository:a/b:pull,push' },
        },
      ],
    ],
    [
      'Negotiate, Basic realm="x"',
      [
        { scheme: 'negotiate', parameters: {} },
        { scheme: 'basic', parameters: { realm: 'x' } },
      ],
    ],
    [
      'Negotiate YIIabc==, Bearer realm=plain , error = "invalid_token"',
      [
        { scheme: 'negotiate', parameters: {} },
        { scheme: 'bearer', parameters: { realm: 'plain', error: 'invalid_token' } },
      ],
    ],
    ['BEARER REALM="x"', [{ scheme: 'bearer', parameters: { realm: 'x' } }]],
    [String.raw`Basic realm="a \"b\" , c"`, [{ scheme: 'basic', parameters: { realm: 'a "b" , c' } }]],
    ['Bearer realm="x",realm="y"', [{ scheme: 'bearer', parameters: { realm: 'x' } }]],
    ['realm="stray"', []],
    [',,, ;Basic', [{ scheme: 'basic', parameters: {} }]],
    ['Bearer realm="open', [{ scheme: 'bearer', parameters: { realm: 'open' } }]],
    ['Bearer realm=', [{ scheme: 'bearer', parameters: {} }]],
    ['Basic __proto__="x"', [{ scheme: 'basic', parameters: { ['__proto__']: 'x' } }]],
  ])('%s', (header, challenges) => {
    const found = parseChallenges(header).map(({ scheme, parameters }) => ({
      scheme,
      parameters: Object.entries(parameters),
    }));
    expect(found).toEqual(
      challenges.map(({ scheme, parameters }) => ({ scheme, parameters: Object.entries(parameters) })),
    );
  });

  test('is read no further than 16 KiB and 16 challenges', () => {
    expect(parseChallenges('a, '.repeat(100_000))).toHaveLength(16);
    expect(parseChallenges(`${','.repeat(20_000)}Basic`)).toEqual([]);
  });
});

/** Reproducible; the pieces are those that a parser decides by. */
test('20 000 mutated headers are read without an error and in no time', () => {
  const pieces = [
    'Bearer ',
    'realm',
    '=',
    '"',
    '\\',
    ',',
    ' ',
    '\t',
    'Basic',
    '==',
    'a.b',
    '\u0000',
    'é',
    '==',
  ];
  let state = 7;
  const next = (bound: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % bound;
  };
  const odd: unknown[] = [];
  for (let round = 0; round < 20_000; round++) {
    const header = Array.from({ length: next(40) }, () => pieces[next(pieces.length)]).join('');
    for (const { scheme, parameters } of parseChallenges(header)) {
      const texts = Object.values(parameters).every((value) => typeof value === 'string');
      if (!/^[^\s,="]+$/.test(scheme) || !texts) odd.push({ header, scheme, parameters });
    }
  }
  expect(odd).toEqual([]);
  // Of the processor, which other work on the machine does not lengthen.
  const before = process.cpuUsage();
  for (const bad of ['a="\\', '"', '\\"', 'a =']) parseChallenges(bad.repeat(50_000));
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(4000);
});
