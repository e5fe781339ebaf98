/** What an import is asked for, and what it works with. */
import type { OnExisting } from './existing.ts';
import type { NewImage } from './image-object.ts';
import type { ImageSource } from './image-source.ts';
import type { UploadContext, UploadLimits } from './upload.ts';

export interface ImportRequest extends Omit<NewImage, 'origin'> {
  readonly source: ImageSource;
  /** Milliseconds without any change after which the import counts as stuck. */
  readonly stallAfter: number;
  /** Default `fail`. */
  readonly onExisting?: OnExisting | undefined;
  /** Take a failed image away at once; without it the caller does, by its labels. A cancelled import is left to the caller. */
  readonly deleteOnFailure?: boolean | undefined;
  /** For a file. Default: the kubeconfig's server, if that takes uploads. */
  readonly uploadEndpoint?:
    | { readonly url?: string | undefined; readonly ca?: readonly string[] }
    | undefined;
  readonly uploadLimits?: Partial<UploadLimits> | undefined;
}

export type ImportContext = UploadContext;
