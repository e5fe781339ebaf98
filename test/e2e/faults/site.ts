/** Where the builds of this suite get their base image from; every way in which a server can fail is a folder of its own. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type BaseFault = 'good' | 'slow' | 'cut' | 'html' | 'missing' | 'no-sum' | 'slow-sum' | 'unreachable';

export interface BaseSite {
  /** URL of the base image; its checksum file has `.CHECKSUM` added. */
  baseUrl(fault?: BaseFault): string;
  readonly image: Buffer;
  close(): Promise<void>;
}

/** Milliseconds. */
const SLOW = 3000;
const HTML = '<!DOCTYPE html><html><body>Sign in to continue</body></html>';

/** Header of a qcow2 of that many bytes of disk, padded with nothing. */
export function tinyQcow2(virtualSize: bigint): Buffer {
  const image = Buffer.alloc(192 * 1024);
  image.write('QFI\xfb', 0, 'latin1');
  image.writeUInt32BE(3, 4);
  image.writeUInt32BE(16, 20);
  image.writeBigUInt64BE(virtualSize, 24);
  return image;
}

/** Serves on `address`, which machines of the lab reach too. */
export async function openBaseSite(address: string): Promise<BaseSite> {
  const image = tinyQcow2(10n << 30n);
  const server = createServer((request, response) => answer(request, response, image));
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    image,
    baseUrl: (fault = 'good') =>
      fault === 'unreachable'
        ? `http://${address}:9/base.qcow2`
        : `http://${address}:${port}/${fault}/base.qcow2`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, image: Buffer): void {
  const [, fault = '', name = ''] = (request.url ?? '').split('/');
  if (name === 'base.qcow2.CHECKSUM' && fault !== 'no-sum')
    setTimeout(() => sendText(response, checksumFile(image)), fault === 'slow-sum' ? SLOW : 0);
  else if (name !== 'base.qcow2' || fault === 'missing' || fault === 'no-sum')
    sendText(response, 'Not Found', 404);
  else if (fault === 'html') sendText(response, HTML, 200, 'text/html');
  else sendImage(response, image, { fault, body: request.method !== 'HEAD' });
}

function sendImage(response: ServerResponse, image: Buffer, what: { fault: string; body: boolean }): void {
  response.writeHead(200, { 'content-length': image.length, 'accept-ranges': 'none' });
  if (!what.body) response.end();
  else if (what.fault === 'cut')
    response.write(image.subarray(0, image.length / 2), () => response.destroy());
  else if (what.fault === 'slow') response.write(image.subarray(0, 1024));
  else response.end(image);
}

function sendText(response: ServerResponse, text: string, status = 200, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type, 'content-length': text.length }).end(text);
}

function checksumFile(image: Buffer): string {
  return `SHA256 (base.qcow2) = ${createHash('sha256').update(image).digest('hex')}\n`;
}
