/** One push under way: what its parts share, from the first look to the last file that is removed. */
import type { LayerCompressor } from '../compress/compressor.ts';
import type { PushContext } from './context.ts';
import { openRemote, type Remote } from './manifests/remote.ts';
import type { PushRequest } from './request.ts';
import type { OpenedFile } from './target.ts';

export interface PushSession {
  readonly request: PushRequest;
  /** Its signal also ends where one of several pieces of work failed. */
  readonly context: PushContext;
  readonly stop: (error: unknown) => void;
  readonly remote: Remote;
  /** The push's own; removed at its end. */
  readonly folder: string;
  /** Undefined in a plan, which compresses nothing. */
  readonly compressor: ((to: 'gzip' | 'zstd') => LayerCompressor) | undefined;
  /** One line each, in order, none twice. */
  readonly warnings: Set<string>;
  readonly opened: OpenedFile[];
}

/** Begins a push in a folder of its own. Ends with {@link closeSession}. */
export function openSession(
  request: PushRequest,
  context: PushContext,
  means: { readonly folder: string; readonly compresses: boolean },
): PushSession {
  const stopper = new AbortController();
  const signal = context.signal ? AbortSignal.any([context.signal, stopper.signal]) : stopper.signal;
  const compressors = new Map<string, LayerCompressor>();
  const compressor = (compression: 'gzip' | 'zstd') => {
    const made =
      compressors.get(compression) ??
      context.createLayerCompressor({
        compression,
        ...(request.compressionLevel !== undefined && { level: request.compressionLevel }),
        folder: means.folder,
        signal,
      });
    compressors.set(compression, made);
    return made;
  };
  return {
    request,
    context: { ...context, signal },
    stop: (error) => stopper.abort(error),
    remote: openRemote(context.registry, context.log, signal),
    folder: means.folder,
    compressor: means.compresses ? compressor : undefined,
    warnings: new Set(),
    opened: [],
  };
}

/** Lets go of the archives; their contents cannot be read afterwards. */
export async function closeSession({ opened }: PushSession): Promise<void> {
  await Promise.allSettled(opened.map(({ archive }) => archive.close()));
}
