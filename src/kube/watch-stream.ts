/** Decodes a watch: one JSON event per line, cut anywhere. */
import { errorFromAnswer } from './errors.ts';
import type { KubeObject, WatchEvent } from './kube.ts';

interface WireEvent {
  readonly type: string;
  readonly object: KubeObject & { readonly code?: number };
}

/** Throws the server's own error for an ERROR event, KUBE_GONE among them. */
export async function* watchEvents<T extends KubeObject>(
  doing: string,
  text: AsyncIterable<string>,
): AsyncGenerator<WatchEvent<T>> {
  for await (const line of wholeLines(text)) {
    const { type, object } = JSON.parse(line) as WireEvent;
    if (type === 'ERROR') throw errorFromAnswer(doing, object.code ?? 500, JSON.stringify(object));
    if (type === 'BOOKMARK') yield { type, resourceVersion: object.metadata.resourceVersion ?? '' };
    else yield { type: type as 'ADDED' | 'MODIFIED' | 'DELETED', object: object as unknown as T };
  }
}

/** Complete lines only: what is left after the last line feed was cut off with the connection. */
async function* wholeLines(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of text) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line.trim() !== '') yield line;
  }
}
