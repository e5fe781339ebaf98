/**
 * The action `upload` of an image that CDI keeps (harvester/harvester pkg/image/cdi/upload.go): looks at the first bytes for the
 * size of the disk, makes the DataVolume, and hands the request over when CDI is ready for it.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { messageOf } from '../../../src/base/errors.ts';
import type { CdiUploads } from '../cdi/upload-server.ts';
import { createDataVolume } from '../image/cdi-backend.ts';
import { IMAGES, keyOf } from '../kinds.ts';
import { qcow2VirtualSize } from '../longhorn/qcow2.ts';
import type { VirtualMachineImage } from '../objects.ts';
import type { World } from '../world.ts';
import { plain } from './answers.ts';

const PEEK = 1024;
const MAGIC = Buffer.from('QFI\xfb', 'latin1');

export interface Sizes {
  readonly size: number;
  readonly virtualSize: number;
}

/** A failure whose cause alone becomes the condition's message: Harvester wraps it only for the client. */
export class Told extends Error {
  readonly condition: string;

  constructor(doing: string, cause: string) {
    super(`${doing}: ${cause}`);
    this.condition = cause;
  }
}

/** Takes the file. Rejects with the text that becomes the condition's message, or throws an Answer that leaves it alone. */
export async function acceptForCdi(
  world: World,
  { image, uploads }: { image: VirtualMachineImage; uploads: CdiUploads },
  request: IncomingMessage,
): Promise<void> {
  const { size, virtualSize } = await sizesOf(request);
  await world.cluster.patch(IMAGES, image.metadata, { status: { size, virtualSize } });
  await createDataVolume(world, image, virtualSize);
  await volumeReady(world, keyOf(image));
  try {
    await uploads.receive(keyOf(image), request);
  } catch (error) {
    throw new Error(`upload failed: ${messageOf(error)}`);
  }
}

async function sizesOf(request: IncomingMessage): Promise<Sizes> {
  const word = new URL(request.url ?? '/', 'https://harvester').searchParams.get('size') ?? '';
  if (!/^[+-]?\d+$/.test(word)) {
    throw new Told(
      'failed to parse file size',
      `strconv.ParseInt: parsing ${JSON.stringify(word)}: invalid syntax`,
    );
  }
  const size = Number(word);
  const start = await peek(request);
  const at = start.indexOf(MAGIC);
  return { size, virtualSize: (at < 0 ? undefined : qcow2VirtualSize(start.subarray(at))) ?? size };
}

/** The first bytes, which stay to be read. */
async function peek(request: IncomingMessage): Promise<Buffer> {
  if (request.readableLength === 0 && !request.readableEnded) await once(request, 'readable');
  const chunk = (request.read() as Buffer | null) ?? Buffer.alloc(0);
  if (chunk.length > 0) request.unshift(chunk);
  return chunk.subarray(0, PEEK);
}

async function volumeReady(world: World, key: string): Promise<void> {
  const { clock, pace, signal, dataVolumes } = world;
  const deadline = clock.monotonic() + pace.sourceReady;
  while (dataVolumes.get(key)?.status?.phase !== 'UploadReady') {
    if (clock.monotonic() >= deadline) {
      throw plain(500, 'failed to wait for VMImage status: context deadline exceeded');
    }
    await clock.sleep(pace.tick, signal);
  }
}
