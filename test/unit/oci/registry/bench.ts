/** What the tests of the registry client share: blobs from memory, a client on a fake clock, a log that remembers. */
import { createCipheriv, createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Logger } from '../../../../src/base/log.ts';
import { OCI_CONFIG, OCI_LAYER_GZIP, OCI_MANIFEST } from '../../../../src/oci/media-types.ts';
import type { Blob, Digest, RawManifest } from '../../../../src/oci/model.ts';
import { connectRegistry } from '../../../../src/oci/registry/connect.ts';
import type { RegistryContext, RegistryOptions } from '../../../../src/oci/registry/options.ts';
import { FakeClock } from '../../base/fake-clock.ts';

export const MIB = 1 << 20;

export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Bytes that do not repeat, the same each time for a seed. */
export function blobOf(size: number, seed = 1): Blob & { readonly bytes: Buffer } {
  const bytes = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(
    Buffer.alloc(size),
  );
  const open: Blob['open'] = ({ start = 0, end = size } = {}) => pieces(bytes.subarray(start, end));
  return { bytes, digest: digestOf(bytes), size, open };
}

function pieces(bytes: Buffer): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += 64 << 10) yield bytes.subarray(at, at + (64 << 10));
    })(),
    { objectMode: false },
  );
}

/** A manifest of one config and one layer. */
export function manifestOf(config: Blob, layer: Blob): RawManifest {
  const document = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: OCI_CONFIG, digest: config.digest, size: config.size },
    layers: [{ mediaType: OCI_LAYER_GZIP, digest: layer.digest, size: layer.size }],
  };
  const bytes = Buffer.from(JSON.stringify(document));
  return { mediaType: OCI_MANIFEST, digest: digestOf(bytes), bytes };
}

/** Every line of it, whatever the level. */
export function recorder(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const add = (line: string) => void lines.push(line);
  return {
    lines,
    debug: add,
    info: add,
    notice: add,
    warning: add,
    error: add,
    group: (title, work) => {
      add(title);
      return work();
    },
  };
}

/** A client of a server on loopback; time passes by itself. */
export function client(options: RegistryOptions, context: Partial<RegistryContext> = {}) {
  const log = recorder();
  const masked: string[] = [];
  const clock = new FakeClock({ auto: true });
  const given = { clock, log, env: {}, mask: (secret: string) => void masked.push(secret), ...context };
  const registry = connectRegistry({ plainHttp: true, ...options }, given);
  return { registry, log, masked, clock };
}
