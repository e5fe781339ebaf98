/**
 * The recipe file's schema (zod): what keys there are, of what type, with what default. It is applied after layers, variables
 * and conditions, and is also the source of schemas/recipe.schema.json and of the key lists in error messages.
 */
import { z } from 'zod';
import { parseQuantity } from '../base/quantity.ts';
import { CILIUM_LAST_PRIORITY, MAIN_TABLE_PRIORITY, RESERVED_TABLES } from './ingress.ts';
import { ALL_FEATURES, ALL_ROLES } from './ports.ts';
import { type Problems, suggestion } from './problems.ts';
import { keyPositionAt, type MapNode, plain, positionAt } from './source.ts';
import { VARIABLE_NAME } from './variables.ts';

const text = z.string();
const required = z.string().min(1, 'must not be empty');
const pattern = (regex: RegExp, rule: string) => z.string().regex(regex, rule);

const PATH_RULE = 'expected an absolute path without "..", double slashes or special characters';
const absolutePath = pattern(/^(?!.*(\/\.\.?(\/|$)|\/\/))\/[\w./@+:,=~-]*[\w@+:,=~.-]$/, PATH_RULE);
const glob = pattern(
  /^(?!.*(\/\.\.?(\/|$)|\/\/))\/[\w./@+:,=~*?![\]-]*[\w.*?\]-]$/,
  'expected an absolute path, where *, ? and [...] may stand for letters',
);
const mode = pattern(/^0?[0-7]{3}$|^[0-7]{4}$/, 'expected an octal mode such as 0644').transform((value) =>
  value.padStart(4, '0'),
);
const account = pattern(/^[a-z_][a-z0-9_-]*$/, 'expected the name of a user or group');
const selinuxType = pattern(/^[A-Za-z0-9_]+_t$/, 'expected an SELinux type such as system_conf_t');
const webUrl = z.url({ protocol: /^https?$/, error: 'expected an http or https URL' });
const sha256 = pattern(/^[0-9a-f]{64}$/, 'expected a sha256 in 64 lower-case hex digits');
const identifier = pattern(/^[A-Za-z0-9][\w.-]*$/, 'expected letters, digits, ".", "_" and "-"');
const packageName = pattern(/^[A-Za-z0-9][\w.+-]*$/, 'expected the name of a package');
const unit = pattern(
  /^[\w@:.\\-]+\.(service|socket|timer|target|path|mount)$/,
  'expected a unit with its suffix, such as iptables.service',
);
const network = z.union([z.cidrv4(), z.cidrv6()], {
  error: 'expected a network such as 10.0.0.0/16 or fd00::/64',
});
const interfaceName = pattern(/^([\w.+-]{1,15})?$/, 'expected the name of a network interface');
const quantity = pattern(/^\d/, 'expected a size such as 10Gi').transform((value, context) => {
  const bytes = parseQuantity(value);
  if (bytes === undefined) context.addIssue({ code: 'custom', message: 'expected a size such as 10Gi' });
  return bytes ?? 0;
});
const list = <T extends z.ZodType>(item: T) => z.array(item).default([]);
const optionalUrl = z.union([z.literal(''), webUrl], { error: 'expected an http or https URL' }).optional();
const optionalSha256 = z
  .union([z.literal(''), sha256], { error: 'expected a sha256 in 64 lower-case hex digits' })
  .optional();

const base = z
  .strictObject({
    url: webUrl.describe('qcow2 that the image is made from.'),
    'checksum-url': optionalUrl.describe(
      'Checksum file (BSD or GNU form) with a sha256 line for the file of "url".',
    ),
    sha256: optionalSha256.describe('Digest of the base, if it is known without a checksum file.'),
    arch: z.enum(['x86_64']).default('x86_64'),
  })
  .refine((value) => value['checksum-url'] || value.sha256, {
    error: 'one of "checksum-url" and "sha256" must be given: a base image is never taken unchecked',
  });

const repository = z.strictObject({
  id: identifier,
  name: required,
  baseurl: webUrl,
  'gpg-key': z
    .strictObject({
      file: absolutePath.describe('Where the key is in the image; packages are checked against this file.'),
      armoured: text.optional().describe('The key itself, ASCII-armoured; written to "file".'),
      url: optionalUrl.describe('Where the builder gets the key from; needs "sha256".'),
      sha256: optionalSha256,
    })
    .refine((key) => !key.url || key.armoured || key.sha256, {
      error: 'a key that is fetched needs its "sha256": whoever can swap the key can swap the packages',
    }),
  'repo-gpgcheck': z
    .boolean()
    .default(false)
    .describe('Check the signature of the repository metadata, too.'),
  enabled: z
    .boolean()
    .default(false)
    .describe('Enabled in the finished image. During the bake every repository of the recipe is.'),
  replaces: list(identifier).describe(
    "Ids of the base image's own repositories that are switched off for this one.",
  ),
});

const file = z
  .strictObject({
    path: absolutePath,
    mode: mode.default('0644'),
    owner: account.default('root'),
    group: account.default('root'),
    'selinux-type': selinuxType
      .optional()
      .describe('Type the proof expects; it is the policy that assigns it.'),
    content: text.optional().describe('Taken as it stands.'),
    template: text.optional().describe('Like content, with variables put in.'),
  })
  .refine((value) => (value.content === undefined) !== (value.template === undefined), {
    error: 'exactly one of "content" and "template" must be given',
  });

const directory = z.strictObject({
  path: absolutePath,
  mode: mode.default('0755'),
  owner: account.default('root'),
  group: account.default('root'),
  'selinux-type': selinuxType.optional(),
  empty: z.boolean().default(false).describe('Nothing may be in it in the finished image.'),
});

const port = z.strictObject({
  name: identifier,
  protocol: z.enum(['tcp', 'udp']),
  from: z.int().min(1).max(65535),
  to: z.int().min(1).max(65535).optional().describe('Last port of a range.'),
  sources: list(network),
  interface: interfaceName.optional(),
  purpose: required,
});

const firewall = z.strictObject({
  roles: z.array(z.enum(ALL_ROLES)).min(1, 'at least one role'),
  features: z.array(z.enum(ALL_FEATURES)),
  'node-sources': list(network).describe(
    'Networks of the nodes; empty: ports between nodes are open to everyone.',
  ),
  'node-interface': interfaceName.default('').describe('Interface of the cluster network; empty: any.'),
  'ssh-sources': list(network).describe('Networks that may reach ssh; empty: everyone.'),
  open: list(port).describe('Ports beyond those of the features.'),
});

const ingress = z.strictObject({
  interface: interfaceName.min(1, 'must not be empty').describe('The second interface, such as eth1.'),
  table: z
    .int()
    .min(1)
    .max(0x7fffffff)
    .refine((table) => !RESERVED_TABLES.includes(table), {
      error: `expected another routing table than ${RESERVED_TABLES.join(', ')}, which the kernel and Cilium use`,
    })
    .describe('Number of its routing table.'),
  priority: z
    .int()
    .min(CILIUM_LAST_PRIORITY + 1, `expected more than ${CILIUM_LAST_PRIORITY}, where Cilium's rules end`)
    .max(MAIN_TABLE_PRIORITY - 1, `expected less than ${MAIN_TABLE_PRIORITY}, where the main table decides`)
    .default(1000)
    .describe('Of the rules that lead to the table.'),
});

const registries = z
  .strictObject({
    mirrors: list(
      z.strictObject({
        registry: pattern(/^([a-z0-9.-]+(:\d+)?|\*)$/, 'expected a registry such as docker.io'),
        endpoints: z.array(webUrl).min(1, 'at least one endpoint'),
        rewrite: list(
          z.strictObject({
            pattern: required.describe('Regular expression over the repository.'),
            replacement: required.describe('With $1, $2 … for what its groups matched.'),
          }),
        ),
      }),
    ),
    ca: text.optional().describe('Name of a certificate of this recipe that the endpoints are checked with.'),
  })
  .describe('registries.yaml of RKE2, without credentials: those never belong into an image.');

const command = z.strictObject({
  id: pattern(/^[a-z][a-z0-9-]*$/, 'expected lower-case letters, digits and "-"'),
  title: required,
  script: required.describe(
    'Body of a POSIX shell script, run in the image with set -eu; taken as it stands.',
  ),
  environment: z
    .record(
      pattern(/^[A-Z][A-Z0-9_]*$/, 'expected a name in capitals'),
      z.union([z.string(), z.number(), z.boolean()]),
    )
    .default({})
    .describe('Shell variables for the script; variables of the recipe may be put in.'),
});

const download = z.strictObject({
  url: webUrl,
  sha256,
  path: absolutePath,
  mode: mode.default('0644'),
});

const settingValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** A recipe after layers, variables and conditions. */
export const recipeSchema = z.strictObject({
  name: pattern(/^[a-z][a-z0-9-]{0,39}$/, 'expected lower-case letters, digits and "-", at most 40'),
  description: required,
  base,
  repositories: list(repository),
  'other-repositories': z
    .enum(['keep', 'disable'])
    .default('keep')
    .describe("What happens to the base image's own repositories."),
  'allowed-hosts': z
    .array(required)
    .optional()
    .describe('Air gap: the only hosts that may occur in any URL.'),
  packages: z
    .strictObject({
      update: z.boolean().default(true),
      install: list(packageName),
      absent: list(packageName),
      signers: list(pattern(/^[0-9a-f]{16}$/, 'expected a long key id: 16 lower-case hex digits')),
      'minimum-count': z.int().min(1).default(1),
    })
    .prefault({}),
  files: list(file),
  directories: list(directory),
  sysctls: z
    .record(identifier, z.record(pattern(/^[\w./-]+$/, 'expected a sysctl key'), settingValue))
    .default({})
    .describe('Name of a drop-in in /etc/sysctl.d (without .conf) → keys and values.'),
  'kernel-modules': list(identifier),
  services: z.strictObject({ enable: list(unit), disable: list(unit), mask: list(unit) }).prefault({}),
  'kernel-command-line': z
    .strictObject({
      required: list(pattern(/^[^\s"'$\\`]+$/, 'expected one argument without quotes')),
      forbidden: list(pattern(/^[^\s"'$\\`]+$/, 'expected an argument, or the name of one')),
    })
    .prefault({}),
  initramfs: z.strictObject({ drivers: list(identifier) }).prefault({}),
  firewall: firewall.optional(),
  ingress: ingress.optional().describe('The second interface of a node: its answers leave through it.'),
  registries: registries.optional(),
  selinux: z
    .strictObject({
      mode: z.enum(['enforcing', 'permissive']).default('enforcing'),
      type: z.enum(['targeted', 'mls', 'minimum']).default('targeted'),
    })
    .prefault({}),
  certificates: list(
    z.strictObject({ name: identifier, pem: required.describe('One or more certificates.') }),
  ),
  commands: list(command),
  downloads: list(download),
  release: z
    .strictObject({
      path: absolutePath,
      fields: z.record(pattern(/^[A-Z][A-Z0-9_]*$/, 'expected a name in capitals'), settingValue).default({}),
    })
    .optional()
    .describe('A file in the image that tells where it comes from.'),
  sealing: z.strictObject({ removed: list(glob), emptied: list(absolutePath) }).prefault({}),
  image: z
    .strictObject({
      'virtual-size': quantity.optional(),
      'maximum-size': quantity.optional(),
      'minimum-free-percent': z.int().min(0).max(95).default(0),
    })
    .prefault({}),
});

export type RecipeDocument = z.infer<typeof recipeSchema>;

/** The `variables:` section. */
export const variablesSchema = z.record(
  pattern(VARIABLE_NAME, 'expected lower-case letters, digits and "-"'),
  z.strictObject({
    type: z.enum(['string', 'url', 'integer', 'boolean', 'enum', 'list']).default('string'),
    description: required,
    values: z.array(z.string()).optional(),
    default: z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]).optional(),
  }),
);

/** What `schema` makes of a tree; undefined after complaints, each at the line of what it is about. */
export function validate<T extends z.ZodType>(
  schema: T,
  tree: MapNode,
  problems: Problems,
): z.infer<T> | undefined {
  const result = schema.safeParse(plain(tree));
  if (result.success) return result.data;
  for (const issue of result.error.issues) complain(issue, schema, tree, problems);
  return undefined;
}

function complain(issue: z.core.$ZodIssue, schema: z.ZodType, tree: MapNode, problems: Problems): void {
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path);
    for (const key of issue.keys) {
      const hint = suggestion(key, known) || `; known here: ${known.join(', ')}`;
      problems.add(keyPositionAt(tree, [...issue.path, key]), `unknown key "${key}"${hint}`);
    }
    return;
  }
  const at = issue.code === 'invalid_key' ? keyPositionAt(tree, issue.path) : positionAt(tree, issue.path);
  if (!problems.knows(at)) problems.add(at, wording(issue, tree));
}

function wording(issue: z.core.$ZodIssue, tree: MapNode): string {
  const name = issue.path
    .map(String)
    .join('.')
    .replace(/\.(\d+)(?=\.|$)/g, '[$1]');
  const value = issue.path.reduce<unknown>(
    (node, step) => (node as Record<PropertyKey, unknown>)?.[step],
    plain(tree),
  );
  if (value === undefined && issue.path.length > 0) return `"${name}" is missing`;
  if (issue.code === 'invalid_type')
    return `"${name}": expected ${typeName(issue.expected)}, found ${shown(value)}`;
  if (issue.code === 'invalid_value')
    return `"${name}": expected ${valuesOf(issue.values)}, found ${shown(value)}${suggestion(String(value), issue.values.map(String))}`;
  if (issue.code === 'invalid_key') return `"${name}": ${issue.issues[0]?.message ?? 'not a valid key'}`;
  const found = issue.code === 'custom' || typeof value === 'object' ? '' : `, found ${shown(value)}`;
  return name === '' ? issue.message : `"${name}": ${issue.message}${found}`;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  object: 'a map',
  record: 'a map',
  array: 'a list',
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

const typeName = (type: string) => TYPE_NAMES[type] ?? type;

const valuesOf = (values: readonly unknown[]) =>
  values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`;

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'nothing';
  if (typeof value === 'object') return 'a map';
  return JSON.stringify(value).slice(0, 80);
}

/** The keys a map at `path` may have. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let current = unwrapped(schema);
  for (const step of path) {
    if (current instanceof z.ZodObject)
      current = unwrapped((current.shape as Record<string, z.ZodType>)[String(step)]);
    else if (current instanceof z.ZodArray) current = unwrapped(current.element as z.ZodType);
    else if (current instanceof z.ZodRecord) current = unwrapped(current.valueType as z.ZodType);
  }
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

function unwrapped(schema: z.ZodType | undefined): z.ZodType | undefined {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault) {
    return unwrapped(schema.def.innerType as z.ZodType);
  }
  return schema;
}
