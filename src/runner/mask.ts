/**
 * Masking, the very first thing an action does. A kubeconfig as a whole masks badly (facts/actions-platform.md A6 "Masks"), so
 * each credential field is masked by itself, decoded forms included. Fields: client-go tools/clientcmd/api. The YAML parser is
 * loaded only for what may be a kubeconfig: it is a fifth of all code that an action starts with.
 */

const CREDENTIAL = /token|password|passwd|secret|credential|cookie|(^|[-_])key($|[-_])/i;

/** Names that only sound like credentials: they hold file names. */
const FILE_NAME = /^(client-key|client-certificate|tokenFile|.*[-_]file)$/i;

/** Lines of a longer secret that are shorter than this would blot out half the log. */
const SHORTEST = 4;

/** Values of an exec plugin's environment are masked whatever their name, unless they are ordinary short words. */
const SHORTEST_OF_ANY_NAME = 8;

/**
 * Every text that must not show, one line each: the runner masks each line of a longer text by itself, the shortest too. Of a
 * kubeconfig, plain or base64, only the credentials: its other lines (`apiVersion: v1`) stand in harmless outputs as well,
 * which the runner would drop.
 */
export async function maskable(secret: string): Promise<string[]> {
  const [plain, hidden] = [await readUsers(secret), await readUsers(decoded(secret))];
  const texts = plain
    ? credentialsOf(plain)
    : [secret, ...urlSecrets(secret), ...credentialsOf(hidden ?? [])];
  return [...new Set(texts.flatMap(maskableLines))];
}

/** The password of a URL, as it is written there and as it is typed: whoever uses the URL may well print only that. */
function urlSecrets(text: string): string[] {
  if (!URL.canParse(text)) return [];
  const { password } = new URL(text);
  return [password, unescaped(password)].filter((word) => word.length >= SHORTEST);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The lines of a secret that is known to be no kubeconfig. */
export function maskableLines(text: string): string[] {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  const secrets = lines.filter((line) => line !== '');
  if (secrets.length === 1) return secrets;
  // PEM armour is no secret, and masking it would hide every certificate's first line.
  return secrets.filter(
    (line) => line.length >= SHORTEST && !/^-----(BEGIN|END) [A-Z0-9 ]+-----$/.test(line),
  );
}

/** Credential values of a kubeconfig, decoded ones beside their base64; none if the text is not a kubeconfig. */
export async function kubeconfigCredentials(text: string): Promise<string[]> {
  return credentialsOf((await readUsers(text)) ?? []);
}

/** The users of a kubeconfig; undefined if the text is none. */
async function readUsers(text: string): Promise<unknown[] | undefined> {
  if (!text.includes('users')) return undefined;
  const { parse } = await import('yaml');
  try {
    const root: unknown = parse(text);
    return isRecord(root) && Array.isArray(root.users) ? root.users : undefined;
  } catch {
    return undefined;
  }
}

function credentialsOf(users: readonly unknown[]): string[] {
  return users.flatMap((user) => (isRecord(user) ? credentialsIn(user.user) : []));
}

function credentialsIn(node: unknown): string[] {
  if (!isRecord(node)) return [];
  return Object.entries(node).flatMap(([key, inner]) => {
    if (key === 'env' && Array.isArray(inner)) return inner.flatMap(environmentSecret);
    if (key === 'args' && Array.isArray(inner)) return argumentSecrets(inner.map(String));
    if (typeof inner !== 'string') return credentialsIn(inner);
    if (key.endsWith('-data')) return [inner, decoded(inner)];
    return isCredential(key) ? [inner] : [];
  });
}

function isCredential(name: string): boolean {
  return CREDENTIAL.test(name) && !FILE_NAME.test(name);
}

function environmentSecret(pair: unknown): string[] {
  if (!isRecord(pair) || typeof pair.value !== 'string') return [];
  return isCredential(String(pair.name)) || pair.value.length >= SHORTEST_OF_ANY_NAME ? [pair.value] : [];
}

/** `--client-secret=x` and `--client-secret x`. */
function argumentSecrets(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    const [, name = '', value] = /^--?([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    return isCredential(name) ? [value ?? args[index + 1] ?? ''] : [];
  });
}

/** What base64 stands for; empty if that is no text, which never shows in a log. */
function decoded(base64: string): string {
  const text = Buffer.from(base64, 'base64').toString('utf8');
  return /\uFFFD|[^\P{C}\s]/u.test(text) ? '' : text;
}

function isRecord(node: unknown): node is Record<string, unknown> {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}
