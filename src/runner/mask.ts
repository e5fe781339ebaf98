/**
 * Masking, the very first thing an action does. A kubeconfig as a whole masks badly (facts/actions-platform.md A6 "Masks"), so
 * each credential field is masked by itself, decoded forms included.
 */
import { parse as parseYaml } from 'yaml';

/** Fields of a kubeconfig user that are credentials (client-go tools/clientcmd/api). */
const CREDENTIALS = new Set([
  'token',
  'password',
  'client-key-data',
  'client-certificate-data',
  'id-token',
  'refresh-token',
  'access-token',
  'client-secret',
]);

/** Shorter texts would blot out half the log. */
const SHORTEST = 4;

/** Every text that must not show: the value, each of its lines, and for base64 fields what they decode to. */
export function maskable(secret: string): string[] {
  const found = new Set<string>();
  const add = (text: string) => {
    for (const line of [text, ...text.split('\n')].map((one) => one.trim())) {
      // PEM armour is no secret, and masking it would hide every certificate's first line.
      if (line.length >= SHORTEST && !/^-----(BEGIN|END) /.test(line)) found.add(line);
    }
  };
  add(secret);
  for (const text of kubeconfigCredentials(secret)) {
    add(text);
    const decoded = Buffer.from(text, 'base64').toString('utf8');
    // Only text can show in a log; decoded binary never does.
    if (!/[^\P{C}\s]/u.test(decoded)) add(decoded);
  }
  return [...found];
}

/** Credential values of a kubeconfig, exec plugins' environment included; none if the text is not a kubeconfig. */
export function kubeconfigCredentials(text: string): string[] {
  if (!text.includes('users')) return [];
  let root: unknown;
  try {
    root = parseYaml(text);
  } catch {
    return [];
  }
  const users = isRecord(root) && Array.isArray(root.users) ? root.users : [];
  return users.flatMap((user: unknown) => (isRecord(user) ? credentialsIn(user.user) : []));
}

function credentialsIn(node: unknown): string[] {
  if (!isRecord(node)) return [];
  return Object.entries(node).flatMap(([key, inner]) => {
    if (typeof inner === 'string') return CREDENTIALS.has(key) ? [inner] : [];
    if (key === 'env' && Array.isArray(inner))
      return inner.flatMap((pair: unknown) =>
        isRecord(pair) && typeof pair.value === 'string' ? [pair.value] : [],
      );
    return credentialsIn(inner);
  });
}

function isRecord(node: unknown): node is Record<string, unknown> {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}
