/** A client of the management address, as plain as can be: every mistake that a client can make must be possible. */
import { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { readCredentials } from '../../../lab/harvester/client.ts';
import type { ContractLab } from './contract-lab.ts';
import { NAMESPACE } from './subjects.ts';

const BOUNDARY = 'a-boundary';

export interface UploadMistakes {
  /** Default: what the file really has. */
  readonly size?: number | string;
  readonly field?: string;
  readonly contentType?: string;
  readonly token?: string;
  /** Instead of the file: what comes between the part's header and its end. */
  readonly content?: AsyncIterable<Buffer>;
}

/** Posts `file` to the image's action `upload`; answers with status and body, or rejects if the connection breaks. */
export async function upload(
  lab: ContractLab,
  name: string,
  file: Buffer,
  mistakes: UploadMistakes = {},
): Promise<{ status: number; type: string; text: string }> {
  const { field = 'chunk', size = file.length, contentType, content = [file] } = mistakes;
  const query = size === '' ? '' : `&size=${size}`;
  const path = `/v1/harvester/harvesterhci.io.virtualmachineimages/${NAMESPACE}/${name}?action=upload${query}`;
  async function* parts() {
    yield `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"; filename="x"\r\n`;
    yield 'Content-Type: application/octet-stream\r\n\r\n';
    yield* content;
    yield `\r\n--${BOUNDARY}--\r\n`;
  }
  return call(lab, path, {
    method: 'POST',
    body: Readable.from(parts()),
    token: mistakes.token,
    type: contentType ?? `multipart/form-data; boundary=${BOUNDARY}`,
  });
}

/** Any request to the management address, by default with the administrator's token. */
export async function call(
  lab: ContractLab,
  path: string,
  options: { method?: 'GET' | 'POST'; body?: Readable; token?: string | undefined; type?: string } = {},
): Promise<{ status: number; type: string; text: string }> {
  const { url, certificate } = lab.harvester.vip;
  const agent = new Agent({ connect: { ca: certificate } });
  try {
    const { statusCode, headers, body } = await request(url + path, {
      method: options.method ?? 'GET',
      dispatcher: agent,
      body: options.body ?? null,
      headers: {
        authorization: `Bearer ${options.token ?? readCredentials(lab.api.adminKubeconfig).token}`,
        ...(options.type && { 'content-type': options.type }),
      },
    });
    return { status: statusCode, type: String(headers['content-type'] ?? ''), text: await body.text() };
  } finally {
    await agent.destroy();
  }
}
