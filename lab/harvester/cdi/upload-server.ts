/**
 * CDI's upload server: one request per volume, with the file in the field `file`; whatever is wrong with it is a 400 without a
 * word (kubevirt/containerized-data-importer pkg/uploadserver).
 */
import type { IncomingMessage } from 'node:http';
import { fieldOf } from '../longhorn/multipart.ts';
import { bodyOf, leaveBody } from '../longhorn/request-body.ts';
import { writeSparse } from '../longhorn/sparse-file.ts';

const FIELD = 'file';

interface Slot {
  readonly path: string;
  readonly onBytes: (bytes: number) => void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The volumes that wait for a file, by `namespace/name`. */
export class CdiUploads {
  private readonly slots = new Map<string, Slot>();

  /** Resolves when the file is at `path`. Rejects when the signal aborts. */
  async expect(
    key: string,
    { path, onBytes, signal }: Pick<Slot, 'path' | 'onBytes'> & { signal: AbortSignal },
  ): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.slots.set(key, { path, onBytes, resolve, reject });
        signal.addEventListener('abort', () => reject(new Error('context canceled')), { once: true });
      });
    } finally {
      this.slots.delete(key);
    }
  }

  /** Takes the request's file. Rejects with an empty text, as CDI answers; the volume then waits for another. */
  async receive(key: string, request: IncomingMessage): Promise<void> {
    const slot = this.slots.get(key);
    const body = bodyOf(request);
    try {
      if (!slot) throw new Error('no upload is expected');
      const file = fieldOf(body, request.headers['content-type'] ?? '', FIELD);
      await writeSparse(slot.path, file, slot.onBytes);
      slot.resolve();
    } catch {
      throw new Error('');
    } finally {
      leaveBody(request, body);
    }
  }
}
