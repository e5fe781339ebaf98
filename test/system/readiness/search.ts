/** Searches with a regex that is slow, but not too slow, for some seconds; prints how many of the searches were given up. */
import { parseMatcher } from '../../../src/readiness/matcher.ts';

const SECONDS = 3;

const parsed = parseMatcher('/(x|y)*z$/');
if ('problem' in parsed) throw new Error(parsed.problem);
process.stdout.write('searching\n');
let given = 0;
for (const end = performance.now() + SECONDS * 1000; performance.now() < end; ) {
  try {
    parsed.value.test('x'.repeat(2000));
  } catch {
    given++;
  }
}
process.stdout.write(`${given} given up\n`);
