/**
 * What else the cluster knows about an import that failed or stands still: events of the image, Longhorn's BackingImage and
 * CDI's DataVolume where the user may read them. What cannot be read is left out (facts/harvester.md §5 row 20).
 */
import { throwIfAborted } from '../base/clock.ts';
import type { Kube, KubeObject, Resource } from '../kube/kube.ts';
import { EVENTS } from '../kube/resources.ts';
import { BACKING_IMAGES, DATA_VOLUMES } from './resources.ts';

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

interface DataVolume extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly restartCount?: number;
    readonly conditions?: readonly { type: string; status: string; reason?: string; message?: string }[];
  };
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
  const [events, backing, volumes] = await Promise.all([
    read<KubeEvent>(EVENTS, image.namespace, `involvedObject.name=${image.name}`),
    read<BackingImage>(BACKING_IMAGES, LONGHORN),
    read<DataVolume>(DATA_VOLUMES, image.namespace, `metadata.name=${image.name}`),
  ]);
  const id = `${image.namespace}/${image.name}`;
  return [
    ...backing.items
      .filter(({ metadata }) => metadata.annotations?.[IMAGE_ID] === id)
      .flatMap(backingImageLines),
    ...volumes.items.flatMap(dataVolumeLines),
    ...[...events.items].sort(byTime).slice(-NEWEST).map(eventLine),
  ];
}

const byTime = (a: KubeEvent, b: KubeEvent) => (a.lastTimestamp ?? '').localeCompare(b.lastTimestamp ?? '');

const eventLine = ({ type = '', reason = '', message = '' }: KubeEvent) =>
  `event ${type} ${reason}: ${message}`;

function dataVolumeLines({ metadata, status }: DataVolume): string[] {
  const { phase = 'unknown', restartCount = 0, conditions = [] } = status ?? {};
  const texts = conditions.filter(({ message }) => message);
  return [
    `DataVolume ${metadata.name}: ${phase}, restarted ${restartCount} times`,
    ...texts.map(({ type, status: value, reason = '', message = '' }) =>
      `DataVolume ${metadata.name}: ${type}=${value} ${reason} ${message}`.trimEnd(),
    ),
  ];
}

function backingImageLines({ metadata, status }: BackingImage): string[] {
  const files = Object.entries(status?.diskFileStatusMap ?? {});
  if (files.length === 0) return [`BackingImage ${metadata.name}: no file on any disk yet`];
  return files.map(([disk, { state = 'unknown', progress = 0, message = '' }]) =>
    `BackingImage ${metadata.name}, disk ${disk}: ${state}, ${progress} % ${message}`.trimEnd(),
  );
}
