// ESM and type stripping are Node's own (24): nothing is transformed, what runs in tests is what is written.
const project = (displayName, folder) => ({
  displayName,
  testEnvironment: 'node',
  rootDir: '.',
  testMatch: [`<rootDir>/test/${folder}/**/*.test.ts`],
  transform: {},
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/\\.cache/'],
  extensionsToTreatAsEsm: ['.ts'],
});

export default {
  // Ends what hangs, and measures nothing: jest's own 5 s are passed by a test that starts processes on a machine with other work.
  testTimeout: 60_000,
  projects: [
    project('unit', 'unit'),
    project('lab', 'lab'),
    project('e2e', 'e2e'),
    project('system', 'system'),
    project('long', 'long'),
  ],
};
