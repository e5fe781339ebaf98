// The import rules of docs/house.md. CommonJS, because dependency-cruiser loads its configuration that way.

/** Rooms of src/ from the lowest floor up. An import may only point down, never sideways to another room of its floor. */
const FLOORS = [
  ['base'],
  ['runner', 'kube'],
  ['recipe', 'harvester', 'readiness'],
  ['bake', 'verify', 'gate', 'oci'],
  ['golden', 'rollout', 'sbc'],
  ['actions', 'cli'],
];

const rooms = (floors) => floors.flat().join('|');

const upward = FLOORS.slice(0, -1).map((floor, index) => ({
  name: `floor-${index + 1}-imports-down`,
  comment: 'An import points down the list of rooms, never up.',
  severity: 'error',
  from: { path: `^src/(${rooms([floor])})/` },
  to: { path: `^src/(${rooms(FLOORS.slice(index + 1))})/` },
}));

const sideways = FLOORS.map((floor, index) => ({
  name: `floor-${index + 1}-keeps-to-its-room`,
  comment:
    'Rooms of one floor do not know each other. Named exception: cli runs the entry points of actions.',
  severity: 'error',
  from: { path: `^src/(${rooms([floor.filter((room) => room !== 'cli')])})/` },
  to: { path: `^src/(${rooms([floor])})/`, pathNot: '^src/$1/' },
}));

/** Parts of src/oci from the lowest up: the nouns, then what reads and what writes without knowing each other, then what joins them. */
const OCI_FLOORS = ['compress', 'archive|registry', 'push', 'tunnel|workload'];

const upwardInOci = OCI_FLOORS.slice(0, -1).map((floor, index) => ({
  name: `oci-floor-${index + 1}-imports-down`,
  comment: 'Sources and sinks of images are joined by src/oci/push alone.',
  severity: 'error',
  from: { path: `^src/oci/(${floor})/` },
  to: { path: `^src/oci/(${OCI_FLOORS.slice(index).join('|')})/`, pathNot: '^src/oci/$1/' },
}));

module.exports = {
  forbidden: [
    ...upward,
    ...sideways,
    ...upwardInOci,
    {
      name: 'oci-nouns-stand-alone',
      comment: 'The model is what everything in src/oci is about; it is about nothing of it.',
      severity: 'error',
      from: { path: '^src/oci/[^/]+$' },
      to: { path: '^src/oci/[^/]+/' },
    },
    {
      name: 'known-rooms-only',
      comment: 'A new room gets its floor here and in docs/house.md first.',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: `^src/(${rooms(FLOORS)})/` },
    },
    {
      name: 'actions-do-not-know-each-other',
      comment: 'What two actions share belongs into a domain.',
      severity: 'error',
      from: { path: '^src/actions/([^/]+)/' },
      to: { path: '^src/actions/[^/]+/', pathNot: '^src/actions/$1/' },
    },
    {
      name: 'runner-for-the-top-floor-only',
      comment: 'Domains do not know GitHub.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(actions|cli|runner)/' },
      to: { path: '^src/runner/' },
    },
    {
      name: 'github-toolkit-for-the-top-floor-only',
      comment: 'Domains do not know GitHub: log, signal and files come in as arguments.',
      severity: 'error',
      from: { path: '^(src|lab)/', pathNot: '^src/(actions|cli|runner)/' },
      to: { path: '(^|/)@actions/' },
    },
    {
      name: 'kubernetes-client-behind-kube',
      comment: 'Its types stay inside src/kube, and it is loaded only when a cluster is used.',
      severity: 'error',
      from: { path: '^(src|lab)/', pathNot: '^src/kube/' },
      to: { path: '(^|/)@kubernetes/' },
    },
    {
      name: 'sources-stand-alone',
      comment:
        'What users run does not need what tests it. Named exception: the command line starts the lab.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^(lab|test|scripts|bench)/' },
    },
    {
      name: 'lab-imitates-from-outside',
      comment:
        'The lab shares only base and kube with what it tests, so that one mistake is not made on both sides.',
      severity: 'error',
      from: { path: '^lab/', pathNot: '^lab/demo' },
      to: { path: '^src/', pathNot: '^src/(base|kube)/' },
    },
    {
      name: 'not-to-tests',
      comment: 'Only tests import tests.',
      severity: 'error',
      from: { path: '^(lab|scripts|bench)/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or three.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'The import leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'dependencies-are-declared',
      comment:
        'What src/ imports is in dependencies of package.json: bundled, licensed, with its reason in docs/dependencies.md.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'npm-optional', 'npm-peer'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Types count too: a room that needs another's types depends on it.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'types', 'default'],
    },
    cache: false,
  },
};
