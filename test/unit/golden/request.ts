/** A request with everything at its default; tests change what they are about. */
import { DEFAULT_LIMITS as BAKE_LIMITS } from '../../../src/bake/limits.ts';
import { DEFAULT_NAME_TEMPLATE } from '../../../src/golden/image-name.ts';
import { DEFAULT_LIMITS, type GoldenRequest } from '../../../src/golden/plan.ts';
import { testRecipe } from './recipe.ts';

export const request = (changes: Partial<GoldenRequest> = {}): GoldenRequest => ({
  recipe: testRecipe(),
  runId: '4711-1-abcdef',
  namespace: 'ci',
  imageNamePrefix: 'rke2-rocky9-golden',
  nameTemplate: DEFAULT_NAME_TEMPLATE,
  labels: {},
  builder: { cpu: 4, memory: '4Gi', diskSize: '30Gi', keepImage: false, efi: false },
  readiness: { from: 'console' },
  handOver: 'http',
  builderSshKeys: [],
  sshAuthorizedKeys: [],
  force: false,
  importRetries: 3,
  bakeRetries: 0,
  debug: { when: 'never', ttl: 1_800_000 },
  limits: DEFAULT_LIMITS,
  bakeLimits: BAKE_LIMITS,
  ...changes,
});
