/**
 * Uploads under way, one file each, named by a UUID: they outlive their connections and the server. Requests of one session run one
 * after the other, as a retry can come before the server has noticed that the first try's connection is gone.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Store } from './store.ts';

export interface UploadSession {
  readonly repository: string;
  readonly id: string;
  /** Bytes stored so far. */
  readonly size: number;
}

const FORM = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class UploadSessions {
  readonly #store: Store;
  readonly #turns = new Map<string, Promise<unknown>>();
  /** Bytes of the chunks of each session; lost with the server, as the quirks that need them are no matter of a restart. */
  readonly #chunks = new Map<string, number[]>();

  constructor(store: Store) {
    this.#store = store;
  }

  async begin(repository: string): Promise<UploadSession> {
    const id = randomUUID();
    const file = this.path(repository, id);
    await mkdir(dirname(file), { recursive: true });
    await (await open(file, 'wx')).close();
    return { repository, id, size: 0 };
  }

  path(repository: string, id: string): string {
    return this.#store.path(repository, '_uploads', id);
  }

  async find(repository: string, id: string): Promise<UploadSession | undefined> {
    const file = this.path(repository, id);
    if (!FORM.test(id) || !existsSync(file)) return undefined;
    return { repository, id, size: (await stat(file)).size };
  }

  /** Writes behind what is there, chunk by chunk; what came before a cut stays. Resolves with the new size. */
  async append(session: UploadSession, body: AsyncIterable<Uint8Array>): Promise<number> {
    const file = await open(this.path(session.repository, session.id), 'r+');
    let position = session.size;
    try {
      for await (const chunk of body) {
        await file.write(chunk, 0, chunk.length, position);
        position += chunk.length;
      }
    } finally {
      await file.close();
    }
    this.#chunks.set(session.id, [...(this.#chunks.get(session.id) ?? []), position - session.size]);
    return position;
  }

  firstChunk(id: string): number | undefined {
    return this.#chunks.get(id)?.[0];
  }

  lastChunk(id: string): number | undefined {
    return this.#chunks.get(id)?.at(-1);
  }

  async end(repository: string, id: string): Promise<void> {
    await rm(this.path(repository, id), { force: true });
    this.#chunks.delete(id);
  }

  /** `repository/id` of those that are still open. */
  async open(): Promise<string[]> {
    const found: string[] = [];
    for (const folder of await readdir(this.#store.path(''), { recursive: true }).catch(() => []))
      if (/(^|\/)_uploads\/[^/]+$/.test(folder)) found.push(folder.replace('_uploads/', ''));
    return found.toSorted();
  }

  /** Runs `work` when the session's earlier requests are done. */
  async inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(id) ?? Promise.resolve();
    const mine = before.catch(() => {}).then(work);
    this.#turns.set(id, mine);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(id) === mine) this.#turns.delete(id);
    }
  }
}
