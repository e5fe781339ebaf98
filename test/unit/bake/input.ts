import type { BuilderInput } from '../../../src/bake/input.ts';

/** A whole input of a small recipe with one command, and `changes`. */
export function builderInput(changes: Partial<BuilderInput> = {}): BuilderInput {
  return {
    recipe: { name: 'rocky9-rke2', certificates: [], downloads: [] },
    customize: {
      commands: 'run @STAGE@/steps/01-hello.sh\n',
      files: [{ name: 'steps/01-hello.sh', content: '#!/bin/sh\necho hello\n', mode: '0755' }],
      steps: [{ id: 'hello', title: 'Say hello' }],
    },
    probe: {
      files: [{ name: 'probe/probe.sh', content: 'echo "{}"\n', mode: '0755' }],
      entry: 'probe/probe.sh',
    },
    base: { url: 'https://mirror.example/base.qcow2', sha256: 'a'.repeat(64) },
    token: 'a-token-of-24-characters',
    port: 8080,
    runId: 'run-1',
    limits: { download: 60_000, customize: 120_000, probe: 30_000, compress: 90_000 },
    emulationFactor: 4,
    compress: true,
    sshAuthorizedKeys: [],
    ...changes,
  };
}
