/**
 * The bake's settings as a file that the scripts source: names are ours, every value is quoted for the shell, so that nothing
 * from a recipe or an input is ever read as code.
 */
import { shellQuote } from '../base/process.ts';
import type { BuilderInput } from './input.ts';
import { phaseLimits } from './limits.ts';

/** Bytes that must be free beside what is known to be needed: packages grow the image while it is changed. */
export const MINIMUM_FREE = 2 * 1024 ** 3;
/** Seconds of silence after which a guest under KVM counts as dead; with its start a broken KVM costs ≤ 15 s. */
const KVM_SILENCE = 10;
/** Seconds before the second attempt of a download; grows by as much with each. */
const DOWNLOAD_PAUSE = 2;

/** `settings.env`. Limits are in whole seconds. */
export function renderSettings(input: BuilderInput): string {
  const values: Record<string, string | number> = {
    RUN_ID: input.runId,
    RECIPE: input.recipe.name,
    BASE_URL: input.base.url,
    BASE_SHA256: input.base.sha256,
    PORT: input.port,
    VIRTUAL_SIZE: input.recipe.virtualSize ?? 0,
    AIR_GAPPED: input.recipe.airGapped ? 'yes' : 'no',
    COMPRESS: input.compress ? 'yes' : 'no',
    PROBE: input.probe.entry,
    MINIMUM_FREE,
    KVM_SILENCE,
    DOWNLOAD_PAUSE,
    ...limitSettings(input, 'kvm'),
    ...limitSettings(input, 'tcg'),
  };
  const lines = Object.entries(values).map(([name, value]) => `${name}=${shellQuote(String(value))}`);
  return [...lines, ...proxySettings(input.proxy), ''].join('\n');
}

function limitSettings(input: BuilderInput, acceleration: 'kvm' | 'tcg'): Record<string, number> {
  const limits = phaseLimits(input.limits, acceleration, input.emulationFactor);
  return Object.fromEntries(
    Object.entries(limits).map(([phase, limit]) => [
      `LIMIT_${phase.toUpperCase()}_${acceleration.toUpperCase()}`,
      Math.ceil(limit / 1000),
    ]),
  );
}

/** Lower case, as curl, dnf, apt and virt-customize read them; virt-customize hands them on to what it runs in the image. */
function proxySettings(proxy: BuilderInput['proxy']): string[] {
  const values = { http_proxy: proxy?.http, https_proxy: proxy?.https, no_proxy: proxy?.no };
  return Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `export ${name}=${shellQuote(value!)}`);
}

/** What must not be printed: the token and the proxies' credentials, as written and decoded. */
export function secretsOf(input: BuilderInput): readonly string[] {
  const urls = [
    input.proxy?.http,
    input.proxy?.https,
    input.base.url,
    ...input.recipe.downloads.map(({ url }) => url),
  ];
  const found = urls.flatMap((url) => (url && URL.canParse(url) ? credentialsOf(new URL(url)) : []));
  return [...new Set([input.token, ...found])];
}

/** Very short ones would blot out half the log. */
function credentialsOf(url: URL): string[] {
  const { username, password, search } = url;
  return [`${username}:${password}`, password, decode(password), search.slice(1)].filter(
    (secret) => secret.length >= 4,
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text).replaceAll('\n', '');
  } catch {
    return text;
  }
}
