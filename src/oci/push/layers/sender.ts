/**
 * Puts blobs where they should be: each once per repository, however many images of the push share it, and once per registry where it
 * can be mounted from one repository into the next.
 */
import type { Blob, Digest } from '../../model.ts';
import type { Registry, UploadOutcome } from '../../registry/registry.ts';
import type { OnPushProgress } from '../progress.ts';
import type { Slots } from '../slots.ts';

export interface BlobTally {
  /** On the wire, tries included. */
  uploadedBytes: number;
  reused: number;
  mounted: number;
  uploaded: number;
}

export function emptyTally(): BlobTally {
  return { uploadedBytes: 0, reused: 0, mounted: 0, uploaded: 0 };
}

export interface SendOptions {
  readonly repository: string;
  readonly blob: Blob;
  /** For people. */
  readonly label: string;
  /** Other repositories of this registry that list the blob. */
  readonly mountFrom: readonly string[];
  readonly tally: BlobTally;
}

export interface BlobSender {
  /** Resolves once the registry has the blob. */
  send(options: SendOptions): Promise<void>;
  /** Mounts a blob that nobody has here; false where that does not work. */
  mount(
    options: Omit<SendOptions, 'blob' | 'mountFrom'> & {
      readonly digest: Digest;
      readonly size: number;
      readonly from: string;
    },
  ): Promise<boolean>;
  /** Counts a blob that the repository has already, once for the repository. */
  reuse(repository: string, digest: Digest, tally: BlobTally): void;
}

export interface SenderMeans {
  readonly registry: Registry;
  readonly slots: Slots;
  readonly onProgress?: OnPushProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Memory: one promise per blob and repository. */
export function createBlobSender(means: SenderMeans): BlobSender {
  const { registry, slots, signal } = means;
  const sent = new Map<string, Promise<void>>();
  const homes = new Map<Digest, { readonly repository: string; readonly done: Promise<void> }[]>();
  const once = (repository: string, digest: Digest, work: () => Promise<void>) => {
    const key = `${repository}@${digest}`;
    const done = sent.get(key) ?? work();
    sent.set(key, done);
    homes.set(digest, [...(homes.get(digest) ?? []), { repository, done }]);
    return done;
  };
  return {
    send: (options) =>
      once(options.repository, options.blob.digest, async () => {
        const [home] = homes.get(options.blob.digest) ?? [];
        // The first repository's upload may fail by itself; then this one's own try tells why.
        await home?.done.catch(() => {});
        const mountFrom = [...new Set([...(home ? [home.repository] : []), ...options.mountFrom])];
        await slots.run(() => upload({ ...options, mountFrom }, means));
      }),
    mount: async ({ repository, digest, size, label, from, tally }) => {
      const mounted = await slots.run(() => registry.mountBlob(repository, digest, from, { signal }));
      if (!mounted) return false;
      await once(repository, digest, async () => {
        tally.mounted++;
        means.onProgress?.({
          id: digest,
          label,
          doing: 'upload',
          done: size,
          total: size,
          outcome: 'mounted',
        });
      });
      return true;
    },
    reuse: (repository, digest, tally) => {
      if (!sent.has(`${repository}@${digest}`)) tally.reused++;
      void once(repository, digest, async () => {});
    },
  };
}

const TOLD = { present: 'reused', mounted: 'mounted', uploaded: 'uploaded' } as const;

async function upload(options: SendOptions, { registry, onProgress, signal }: SenderMeans): Promise<void> {
  const { repository, blob, label, mountFrom, tally } = options;
  const piece = { id: blob.digest, label, doing: 'upload', total: blob.size } as const;
  onProgress?.({ ...piece, done: 0 });
  const outcome: UploadOutcome = await registry.ensureBlob(repository, blob, {
    mountFrom: mountFrom.filter((it) => it !== repository),
    ...(onProgress && { onProgress: (done: number) => onProgress({ ...piece, done }) }),
    signal,
  });
  tally.uploadedBytes += outcome.sent;
  tally[TOLD[outcome.how]]++;
  onProgress?.({ ...piece, done: blob.size, outcome: TOLD[outcome.how] });
}
