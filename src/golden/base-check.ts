/**
 * A look at the first bytes of what the builder shall boot from: a login page in its place is imported by Harvester like any
 * other bytes, and the machine then boots nothing, in silence, until stall-timeout.
 */
import { throwIfAborted } from '../base/clock.ts';
import { messageOf, UserError } from '../base/errors.ts';
import { type Http, redactUrl } from '../base/http.ts';
import type { PhaseContext } from '../base/phase.ts';

const MAGIC = Buffer.from('QFI\xfb', 'latin1');
/** Milliseconds; a server that is slow is Harvester's to wait for. */
const TIMEOUT = 10_000;

/** Throws UserError BASE_NOT_QCOW2. What cannot be reached from here may well be reached from Harvester, and passes. */
export async function checkIsQcow2(url: string, context: PhaseContext & { http: Http }): Promise<void> {
  const { http, signal, log } = context;
  const first = await firstBytes(url, http, signal).catch((error: unknown) => {
    throwIfAborted(signal);
    log.debug(`the first bytes of ${redactUrl(url)} cannot be read from here: ${messageOf(error)}`);
  });
  if (!first || first.length < MAGIC.length || first.subarray(0, MAGIC.length).equals(MAGIC)) return;
  const what = /^\s*</.test(first.toString('latin1')) ? 'is a web page, not' : 'is not';
  throw new UserError('BASE_NOT_QCOW2', `What ${redactUrl(url)} gives ${what} a qcow2 image.`, {
    mend: "Give the URL of the qcow2 file itself; a proxy's or a portal's login page looks like this, too.",
  });
}

/** Undefined where the server does not give the file. */
async function firstBytes(url: string, http: Http, signal: AbortSignal): Promise<Buffer | undefined> {
  const headers = { range: 'bytes=0-63' };
  const { status, body } = await http.request(url, { headers, signal, timeout: TIMEOUT });
  try {
    if (status !== 200 && status !== 206) return undefined;
    for await (const chunk of body as AsyncIterable<Buffer | string>) return Buffer.from(chunk);
    return undefined;
  } finally {
    body.destroy();
  }
}
