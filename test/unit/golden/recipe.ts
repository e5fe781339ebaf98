/** A small resolved recipe; tests change what they are about. */
import type { ResolvedRecipe } from '../../../src/recipe/model.ts';

export const BASE_SHA256 = 'b5'.repeat(32);

export function testRecipe(changes: Partial<ResolvedRecipe> = {}): ResolvedRecipe {
  return {
    name: 'rocky9-rke2',
    description: 'A test',
    layers: [],
    base: { url: 'https://mirror.test/base.qcow2', sha256: BASE_SHA256, arch: 'x86_64' },
    repositories: [],
    otherRepositories: 'keep',
    packages: { update: false, install: [], absent: [], signers: [], minimumCount: 1 },
    files: [],
    directories: [],
    sysctls: {},
    kernelModules: [],
    services: { enable: [], disable: [], mask: [] },
    kernelCommandLine: { required: [], forbidden: [] },
    initramfs: { drivers: [] },
    selinux: { mode: 'enforcing', type: 'targeted' },
    certificates: [],
    commands: [],
    downloads: [],
    sealing: { removed: [], emptied: [] },
    image: { minimumFreePercent: 0 },
    ...changes,
  };
}
