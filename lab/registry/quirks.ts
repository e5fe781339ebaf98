/**
 * How registries differ from the specification and from each other, as switches: what no registry that can be built here shows
 * (facts/oci.md §2.3–2.5, §7). Without any, the lab's registry follows distribution-spec 1.1.
 */

export interface Quirks {
  /**
   * distribution: `_state` in Location carries the offset. Where it differs from what is stored, any request of the session in 2.8 (and
   * Harbor), GET too, gives 404 BLOB_UPLOAD_INVALID and ends it (v2.8.3 registry/handlers/blobupload.go); in 3 what writes gives 416
   * RANGE_INVALID and GET a fresh Location (facts/oci.md §2.3).
   */
  readonly statefulUploads?: '2.8' | '3';
  /** distribution 2.8.2: takes a chunk whatever its Content-Range says. */
  readonly ignoresContentRange?: boolean;
  /** distribution: a PATCH with a Content-Type other than application/octet-stream gives 500 UNKNOWN. */
  readonly strictContentType?: boolean;
  /** distribution: `POST ?digest=` answers 202 and throws the body away (facts/oci.md §2.2). */
  readonly ignoresSinglePost?: boolean;
  /** distribution 2.8 and 3: no referrers API, no OCI-Subject (facts/oci.md §2.2). */
  readonly noReferrers?: boolean;
  /** GHCR: a PATCH with Content-Range above this many bytes gives 416; one without is taken (ocx-sh/ocx #237, tart #159). */
  readonly largestRangedChunk?: number;
  /** ECR: `Range` in answers stays at the end of the first chunk (aws/containers-roadmap #2831). */
  readonly stuckRange?: boolean;
  /** ECR: 201 to a PATCH (regclient, scheme/reg/blob.go). */
  readonly patchAnswers201?: boolean;
  /** `OCI-Chunk-Min-Length` of the answer to POST; smaller chunks, but the last, give 416 (distribution-spec 1.1). */
  readonly chunkMinLength?: number;
  /** Behind a TLS proxy that it does not know of: `http` (distribution #479, #996). Or `relative` as crane's own registry. */
  readonly location?: 'http' | 'relative' | 'absolute';
  /** ingress-nginx: bodies above this many bytes give an HTML 413 (harbor #18432, #22353). */
  readonly largestBody?: number;
  /** zot: Docker schema 2 gives 400 MANIFEST_INVALID (zot #1385). */
  readonly refusesSchema2?: boolean;
  /** Quay: Docker manifests with uncompressed layers give 400 MANIFEST_INVALID (crane #2078). */
  readonly refusesPlainDockerLayers?: boolean;
  /** Quay: `mount` without `from` gives 400 (facts/oci.md §2.5). */
  readonly mountNeedsFrom?: boolean;
  /** Docker Hub: `mount` with a `from` that it does not know gives 400 (crane #1741). */
  readonly refusesForeignMount?: boolean;
  /** ECR and others: no mount, ever; 202 instead. */
  readonly neverMounts?: boolean;
  /** Artifactory: 403 instead of 404 on HEAD of a manifest (RTFACT-13797). */
  readonly headManifestDenied?: boolean;
  /** Harbor's scan gate: 412 PROJECTPOLICYVIOLATION on GET and HEAD of a manifest (harbor #18792). */
  readonly scanGate?: boolean;
  /** A dead host behind a catch-all page: 200 and HTML to everything. */
  readonly catchAll?: boolean;
  /** 405 UNSUPPORTED to all that writes, as distribution's `maintenance.readonly`. */
  readonly readOnly?: boolean;
  /** ECR: another manifest under an existing tag gives 400 (buildkit #3776). Harbor's way is `immutable` of a project. */
  readonly immutableTags?: boolean;
}

/** Registries by name, each with what facts/oci.md tells of it. */
export const PERSONALITIES = {
  specification: {},
  'distribution-2.8': {
    statefulUploads: '2.8',
    ignoresContentRange: true,
    strictContentType: true,
    ignoresSinglePost: true,
    noReferrers: true,
  },
  'distribution-3': {
    statefulUploads: '3',
    strictContentType: true,
    ignoresSinglePost: true,
    noReferrers: true,
  },
  ghcr: { largestRangedChunk: 4 << 20 },
  ecr: { stuckRange: true, patchAnswers201: true, neverMounts: true, noReferrers: true },
  quay: { refusesPlainDockerLayers: true, mountNeedsFrom: true },
  zot: { refusesSchema2: true },
  'docker-hub': { refusesForeignMount: true },
  artifactory: { headManifestDenied: true },
} as const satisfies Readonly<Record<string, Quirks>>;
