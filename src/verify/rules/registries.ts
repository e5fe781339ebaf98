/** REG-1: where container images come from, and that no secret of that is in the image (facts/harvester.md §7.5). */
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import type { Registries } from '../../recipe/model.ts';
import { type Finding, need, type Rule, Skip, type Subject } from '../rule.ts';
import type { TextFile } from '../sections/text.ts';

const CREDENTIAL =
  /^[^#]*\b(auth|username|password|token|identity_?token|registry_?token|key_file)["']?\s*:/i;

interface RegistriesDocument {
  readonly mirrors?: Readonly<Record<string, { endpoint?: readonly string[]; rewrite?: object } | null>>;
  readonly configs?: Readonly<Record<string, { tls?: Readonly<Record<string, unknown>> } | null>>;
}

function checkRegistries(subject: Subject): Finding {
  const files = need(subject, 'registries');
  const { registries } = subject.expectations;
  const secrets = files.filter(({ lines }) => lines.some((line) => CREDENTIAL.test(line)));
  const found = secrets.map(({ path }) => `${path} holds credentials`);
  if (!registries) return files.length === 0 ? new Skip('the recipe writes no registries.yaml') : found;
  const [file] = files;
  if (!file) return ['there is no registries.yaml'];
  return [...found, ...documentFaults(subject, file, registries)];
}

function documentFaults(subject: Subject, file: TextFile, registries: Registries): string[] {
  const document = readDocument(file);
  if (!document) return [`${file.path} is no YAML map`];
  const { mirrors = {}, configs = {} } = document;
  const names = new Set(registries.mirrors.map(({ registry }) => registry));
  return [
    ...registries.mirrors.flatMap((mirror) => mirrorFaults(mirrors, mirror)),
    ...Object.keys(mirrors)
      .filter((name) => !names.has(name))
      .map((name) => `${name} has a mirror that the recipe does not name`),
    ...Object.entries(configs).flatMap(([host, config]) => trustFaults(host, config?.tls ?? {})),
    ...(registries.caFile === undefined ? [] : authorityFaults(subject, registries, configs)),
  ];
}

function readDocument({ lines }: TextFile): RegistriesDocument | undefined {
  try {
    const document: unknown = parse(lines.join('\n'));
    return typeof document === 'object' && document !== null ? document : undefined;
  } catch {
    return undefined;
  }
}

function mirrorFaults(
  mirrors: RegistriesDocument['mirrors'] & {},
  { registry, endpoints, rewrite }: Registries['mirrors'][number],
): string[] {
  const found = mirrors[registry];
  if (!found) return [`${registry} has no mirror`];
  return [
    ...(isDeepStrictEqual(found.endpoint, endpoints)
      ? []
      : [
          `${registry} is asked for at ${(found.endpoint ?? []).join(', ') || 'nothing'}, not ${endpoints.join(', ')}`,
        ]),
    ...(isDeepStrictEqual({ ...found.rewrite }, { ...rewrite })
      ? []
      : [`names of ${registry} are rewritten otherwise than the recipe says`]),
  ];
}

function trustFaults(host: string, tls: Readonly<Record<string, unknown>>): string[] {
  return tls.insecure_skip_verify ? [`the certificate of ${host} is not checked`] : [];
}

function authorityFaults(
  subject: Subject,
  { mirrors, caFile }: Registries,
  configs: RegistriesDocument['configs'] & {},
): string[] {
  const hosts = [...new Set(mirrors.flatMap(({ endpoints }) => endpoints.map((url) => new URL(url).host)))];
  const isAnchor = need(subject, 'certificates').some(
    ({ place, path }) => place === 'anchor' && path === caFile,
  );
  return [
    ...hosts
      .filter((host) => configs[host]?.tls?.ca_file !== caFile)
      .map((host) => `${host} is not checked with ${caFile}`),
    ...(isAnchor ? [] : [`${caFile} is no trust anchor of the image`]),
  ];
}

export const REGISTRY_RULES: readonly Rule[] = [
  {
    id: 'REG-1',
    severity: 'must',
    title: 'Container images come from where the recipe says, without a secret',
    trace:
      'platform architecture §3 registry configuration; original build guide "Registries.yaml"; RKE2 private registry',
    expected:
      'mirrors, rewrite rules and authority of the recipe in registries.yaml; no credentials, no unchecked certificate',
    mend: 'Leave credentials to cloud-init or Rancher, which write the whole file on the node.',
    check: checkRegistries,
  },
];
