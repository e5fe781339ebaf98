/** Lines of an htpasswd file, bcrypt, as distribution reads them; made by the C library's crypt(3), which perl-base reaches. */
import { randomBytes } from 'node:crypto';
import { InternalError } from '../../src/base/errors.ts';
import { mustRun } from '../../src/base/process.ts';

const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `name:$2b$05$…`. Passwords go by standard input. Throws InternalError where the C library has no bcrypt. */
export async function htpasswdLine(name: string, password: string): Promise<string> {
  const salt = [...randomBytes(22)].map((byte) => ALPHABET[byte % 64]).join('');
  const script = 'my ($salt, $password) = split /\\n/, join("", <STDIN>), 2; print crypt($password, $salt);';
  // 5 rounds: it protects nothing.
  const { stdout } = await mustRun('perl', ['-e', script], { input: `$2b$05$${salt}\n${password}` });
  if (!stdout.startsWith('$2')) throw new InternalError('INTERNAL', 'crypt(3) knows no bcrypt here');
  return `${name}:${stdout}`;
}
