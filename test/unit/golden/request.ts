/** A request with everything at its default; tests change what they are about. */
import { DEFAULT_LIMITS, type GoldenRequest } from '../../../src/golden/plan.ts';
import { testRecipe } from './recipe.ts';

export const request = (changes: Partial<GoldenRequest> = {}): GoldenRequest => ({
  recipe: testRecipe(),
  runId: '4711-1-abcdef',
  namespace: 'ci',
  imageNamePrefix: 'rke2-rocky9-golden',
  builder: { cpu: 4, memory: '4Gi', diskSize: '30Gi', keepImage: false, efi: false },
  builderSshKeys: [],
  sshAuthorizedKeys: [],
  force: false,
  importRetries: 3,
  keepFailed: false,
  limits: DEFAULT_LIMITS,
  ...changes,
});
