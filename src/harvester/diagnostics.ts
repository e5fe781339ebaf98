/**
 * What else the cluster knows about an import that failed or stands still: events of the image, and Longhorn's BackingImage
 * where the user may read it. What cannot be read is left out: diagnostics never fail (facts/harvester.md §5 row 20).
 */
import { throwIfAborted } from '../base/clock.ts';
import type { Kube, KubeObject, Resource } from '../kube/kube.ts';
import { EVENTS } from '../kube/resources.ts';
import { BACKING_IMAGES } from './resources.ts';

const LONGHORN = 'longhorn-system';
/** On the BackingImage: `namespace/name` of its image. */
const IMAGE_ID = 'harvesterhci.io/imageId';
const NEWEST = 10;

interface KubeEvent extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
}

interface BackingImage extends KubeObject {
  readonly status?: {
    readonly diskFileStatusMap?: Readonly<
      Record<string, { readonly state?: string; readonly progress?: number; readonly message?: string }>
    >;
  };
}

/** One line per fact, for the evidence of an error. */
export async function importDiagnostics(
  kube: Kube,
  image: { readonly namespace: string; readonly name: string },
  options: { signal?: AbortSignal | undefined } = {},
): Promise<string[]> {
  const read = <T extends KubeObject>(resource: Resource, namespace: string, fieldSelector?: string) =>
    kube.list<T>(resource, { namespace, fieldSelector, signal: options.signal }).catch(() => {
      throwIfAborted(options.signal);
      return { items: [] as readonly T[] };
    });
  const [events, backing] = await Promise.all([
    read<KubeEvent>(EVENTS, image.namespace, `involvedObject.name=${image.name}`),
    read<BackingImage>(BACKING_IMAGES, LONGHORN),
  ]);
  const id = `${image.namespace}/${image.name}`;
  return [
    ...backing.items
      .filter(({ metadata }) => metadata.annotations?.[IMAGE_ID] === id)
      .flatMap(backingImageLines),
    ...[...events.items].sort(byTime).slice(-NEWEST).map(eventLine),
  ];
}

const byTime = (a: KubeEvent, b: KubeEvent) => (a.lastTimestamp ?? '').localeCompare(b.lastTimestamp ?? '');

const eventLine = ({ type = '', reason = '', message = '' }: KubeEvent) =>
  `event ${type} ${reason}: ${message}`;

function backingImageLines({ metadata, status }: BackingImage): string[] {
  const files = Object.entries(status?.diskFileStatusMap ?? {});
  if (files.length === 0) return [`BackingImage ${metadata.name}: no file on any disk yet`];
  return files.map(([disk, { state = 'unknown', progress = 0, message = '' }]) =>
    `BackingImage ${metadata.name}, disk ${disk}: ${state}, ${progress} % ${message}`.trimEnd(),
  );
}
