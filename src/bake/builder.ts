/**
 * Everything the utility VM needs to bake a recipe, as cloud-init data (facts/harvester.md §2.4). No script is ever made by
 * inserting values: scripts are constant, values travel as files beside them.
 */
import { InternalError } from '../base/errors.ts';
import { stagedDownload } from '../recipe/customize.ts';
import { repositoryText } from '../recipe/generated-files.ts';
import type { Repository, StagedFile } from '../recipe/model.ts';
import { assertFits, renderNetworkData, renderUserData } from './cloud-init.ts';
import type { BuilderInput } from './input.ts';
import { ACCELERATE } from './scripts/accelerate.ts';
import { BAKE } from './scripts/bake.ts';
import { COMPRESS } from './scripts/compress.ts';
import { CUSTOMIZE } from './scripts/customize.ts';
import { CUSTOMIZE_LOG } from './scripts/customize-log.ts';
import { DOWNLOAD } from './scripts/download.ts';
import { HASH } from './scripts/hash.ts';
import { MARKS } from './scripts/marks.ts';
import { PREPARE } from './scripts/prepare.ts';
import { PROBE } from './scripts/probe.ts';
import { RELAY } from './scripts/relay.ts';
import { SERVE } from './scripts/serve.ts';
import { SERVER } from './scripts/server.ts';
import { renderSettings, secretsOf } from './settings.ts';

/** Where the bake lives in the utility VM. */
export const BUILDER_ROOT = '/var/lib/rke2-actions/bake';

export interface Builder {
  /** `#cloud-config`; fits, with `networkData`, into one Secret. */
  readonly userData: string;
  readonly networkData?: string;
  /** The programs among the files, for checkers of shell and Python. */
  readonly scripts: readonly StagedFile[];
  /** Everything that user data writes; names are absolute paths. */
  readonly files: readonly StagedFile[];
}

const PROGRAMS: readonly StagedFile[] = Object.entries({
  'bake.sh': BAKE,
  'marks.sh': MARKS,
  'prepare.sh': PREPARE,
  'download.sh': DOWNLOAD,
  'accelerate.sh': ACCELERATE,
  'customize.sh': CUSTOMIZE,
  'compress.sh': COMPRESS,
  'probe.sh': PROBE,
  'hash.sh': HASH,
  'serve.sh': SERVE,
  'relay.py': RELAY,
  'customize-log.py': CUSTOMIZE_LOG,
  'server.py': SERVER,
}).map(([name, content]) => ({ name: `bin/${name}`, content, mode: '0700' }));

/**
 * Everything that the bake reads, by paths below its root folder: programs, settings, what is staged. Throws InternalError
 * BUILDER_INPUT for values that cannot travel.
 */
export function bakeFiles(input: BuilderInput): StagedFile[] {
  assertInput(input);
  return filesOf(input);
}

/** Throws InternalError BUILDER_INPUT for values that cannot travel, UserError BUILDER_TOO_LARGE beyond 1 MiB. */
export function renderBuilder(input: BuilderInput): Builder {
  const files = bakeFiles(input).map((file) => ({ ...file, name: `${BUILDER_ROOT}/${file.name}` }));
  const userData = renderUserData(files, ['bash', `${BUILDER_ROOT}/bin/bake.sh`], input.sshAuthorizedKeys);
  const networkData = input.staticNetwork && renderNetworkData(input.staticNetwork);
  assertFits([userData, networkData ?? ''], files);
  return { userData, ...(networkData && { networkData }), scripts: PROGRAMS, files };
}

function filesOf(input: BuilderInput): StagedFile[] {
  const { recipe, customize, probe } = input;
  const plain = (name: string, content: string): StagedFile => ({ name, content, mode: '0600' });
  const staged = [...customize.files, ...probe.files];
  return [
    ...PROGRAMS,
    plain('settings.env', renderSettings(input)),
    plain('token', `${input.token}\n`),
    plain(
      'secrets',
      secretsOf(input)
        .map((secret) => `${secret}\n`)
        .join(''),
    ),
    plain('commands', customize.commands),
    plain('steps.tsv', customize.steps.map(({ id, title }) => row(id, title)).join('')),
    plain(
      'downloads.tsv',
      recipe.downloads.map((item) => row(item.sha256, stagedDownload(item), item.path, item.url)).join(''),
    ),
    ...(recipe.toolRepositories ?? []).flatMap(toolRepository),
    ...recipe.certificates.map(({ name, pem }) => plain(`ca/${name}.crt`, `${pem.trim()}\n`)),
    ...staged.map((file) => ({ ...file, name: `stage/${file.name}` })),
  ];
}

/** A repository as dnf reads it on the builder, with its key beside it where the recipe has the key's text. */
function toolRepository(repository: Repository): StagedFile[] {
  const { id, gpgKey } = repository;
  const key = `repos/${id}.key`;
  const own = gpgKey.armoured === undefined ? gpgKey : { ...gpgKey, file: `${BUILDER_ROOT}/${key}` };
  const text = repositoryText({ ...repository, enabled: true, gpgKey: own });
  return [
    { name: `repos/${id}.repo`, content: text, mode: '0644' },
    ...(gpgKey.armoured === undefined
      ? []
      : [{ name: key, content: `${gpgKey.armoured.trim()}\n`, mode: '0644' }]),
  ];
}

function row(...fields: string[]): string {
  return `${fields.map((field) => field.replace(/[\t\r\n]+/g, ' ')).join('\t')}\n`;
}

function assertInput(input: BuilderInput): void {
  const { customize, probe, recipe } = input;
  const names = [...customize.files, ...probe.files].map(({ name }) => name);
  const commands = customize.commands.split('\n').filter((line) => line !== '');
  const problems = [
    !/^[\w-]{16,}$/.test(input.token) && 'the token must be 16 or more letters, digits, "_" or "-"',
    !/^[0-9a-f]{64}$/.test(input.base.sha256) && `the base's sha256 is "${input.base.sha256}"`,
    !Number.isInteger(input.port) && `the port is ${input.port}`,
    commands.length !== customize.steps.length &&
      `${commands.length} commands do not match ${customize.steps.length} steps`,
    !names.includes(probe.entry) && `the probe's entry "${probe.entry}" is none of its files`,
    ...names
      .filter((name, index) => names.indexOf(name) !== index)
      .map((name) => `"${name}" is staged twice`),
    ...names.filter((name) => !isBelow(name)).map((name) => `"${name}" lies outside of the stage`),
    ...recipe.certificates
      .filter(({ name }) => !/^[\w][\w.-]*$/.test(name))
      .map(({ name }) => `the certificate name "${name}" is no file name`),
  ].filter((problem) => problem !== false);
  if (problems.length > 0)
    throw new InternalError('BUILDER_INPUT', `The builder cannot be rendered: ${problems.join('; ')}.`);
}

function isBelow(name: string): boolean {
  return name !== '' && !name.startsWith('/') && !name.split('/').includes('..');
}
