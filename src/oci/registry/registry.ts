/** A registry, as the planner and the sinks see it: the verbs of the OCI distribution specification 1.1, one repository each. */
import type { Blob, Digest, RawManifest } from '../model.ts';

/** What a registry says of a manifest. `gated`: it is there, but a policy (Harbor's scan gate, 412) withholds it. */
export type ManifestAnswer =
  | { readonly state: 'present'; readonly manifest: RawManifest }
  | { readonly state: 'absent' }
  /** `digest`: as Harbor's API tells it all the same. */
  | { readonly state: 'gated'; readonly reason: string; readonly digest?: Digest }
  /** 401, 403, 405: a registry that lets push but not pull. Not fatal before a push (facts/oci.md §2.1). */
  | { readonly state: 'unknown'; readonly reason: string };

/** The same without the bytes. */
export type ManifestHead =
  | {
      readonly state: 'present';
      readonly digest?: Digest;
      readonly size?: number;
      readonly mediaType?: string;
    }
  | { readonly state: 'absent' | 'gated' | 'unknown' };

/** Proxies that re-encode take away the length of an answer. */
export type BlobSize = number | 'unsaid';

export interface CallContext {
  readonly signal?: AbortSignal | undefined;
}

export interface UploadOptions extends CallContext {
  /** Repositories of the same registry that may hold the blob: it is mounted from there, where the registry can. */
  readonly mountFrom?: readonly string[];
  /** Bytes that the registry has taken so far of this blob; goes back where a try begins anew. */
  readonly onProgress?: (bytes: number) => void;
}

/** How a blob came to be where it should: `sent` counts all bytes on the wire, tries included. */
export interface UploadOutcome {
  readonly how: 'present' | 'mounted' | 'uploaded';
  readonly sent: number;
}

export type ProjectOutcome = 'created' | 'present' | 'unsupported';

/**
 * One registry with one set of credentials. Failures are EnvironmentError (or UserError where the user's input is wrong) with the codes of
 * failure.ts; every message names registry, repository, and what to do. Nothing secret is in any of them.
 */
export interface Registry {
  /** `harbor.example.com`, `localhost:5000`: as it stands in references. */
  readonly host: string;
  /** Requests sent so far, tokens included; for the report. */
  readonly requests: number;
  getManifest(repository: string, reference: string, context?: CallContext): Promise<ManifestAnswer>;
  /** Digest and size alone. */
  headManifest(repository: string, reference: string, context?: CallContext): Promise<ManifestHead>;
  /** `reference`: a tag or the manifest's own digest. Resolves once the registry has it, its digest compared. */
  putManifest(
    repository: string,
    reference: string,
    manifest: RawManifest,
    context?: CallContext,
  ): Promise<void>;
  /** Bytes of the blob as the registry says; `unsaid` where it has it and names its digest alone; undefined if it has none. */
  headBlob(repository: string, digest: Digest, context?: CallContext): Promise<BlobSize | undefined>;
  /** A small blob, verified. Throws where it is larger than `limit` (default 4 MiB). */
  getBlob(
    repository: string,
    digest: Digest,
    context?: CallContext & { readonly limit?: number },
  ): Promise<Uint8Array>;
  /**
   * Mounts a blob of another repository of this registry, whose bytes nobody has here (a layer known from a manifest alone). False
   * where the registry cannot or does not have it; then nothing was begun, an upload that it opened instead is cancelled.
   */
  mountBlob(repository: string, digest: Digest, from: string, context?: CallContext): Promise<boolean>;
  /** Puts the blob there: looks, mounts, uploads; tries again after what may pass (facts/oci.md §2.3). */
  ensureBlob(repository: string, blob: Blob, options?: UploadOptions): Promise<UploadOutcome>;
  /** Makes the Harbor project that the repository begins with, private. `unsupported`: it is no Harbor. */
  ensureProject(repository: string, context?: CallContext): Promise<ProjectOutcome>;
  close(): Promise<void>;
}
