/** Where the bytes of a VirtualMachineImage come from: Harvester fetches, is sent, or already has them (facts/harvester.md §1.4). */
import type { Readable } from 'node:stream';

export type ImageSource =
  /** Harvester's nodes download it; the URL stays in the image for ever. */
  | { readonly kind: 'url'; readonly url: string }
  /** Sent to Harvester through this machine; `open` may be asked again for another try, and begins at the first byte. */
  | {
      readonly kind: 'file';
      /** Bytes. */
      readonly size: number;
      readonly name: string;
      open(signal?: AbortSignal): Promise<Readable>;
    }
  | { readonly kind: 'volume'; readonly namespace: string; readonly name: string };
