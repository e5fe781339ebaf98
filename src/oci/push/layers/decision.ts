/** What is done with one layer: nothing, a mount, an upload as it is stored, or compression first. Decided before anything is sent. */
import type { Blob, CompressedFile, Compression, Layer } from '../../model.ts';
import type { CallContext, Registry } from '../../registry/registry.ts';
import type { StoredLayer } from '../manifests/manifest.ts';
import type { LayerCompressionChoice } from '../request.ts';
import { openFileBlob } from './file-blob.ts';
import type { KnownLayer, KnownLayers } from './known.ts';

export type LayerDecision = { readonly layer: Layer } & (
  | { readonly does: 'leave'; readonly stored: StoredLayer; readonly why: string }
  | {
      readonly does: 'mount';
      readonly known: KnownLayer;
      readonly orElse: LayerDecision;
      readonly why: string;
    }
  | { readonly does: 'upload'; readonly stored: StoredLayer; readonly blob: Blob; readonly why: string }
  | { readonly does: 'recompress'; readonly to: Compression; readonly why: string }
);

export interface DecisionMeans extends CallContext {
  readonly registry: Registry;
  readonly repository: string;
  readonly known: KnownLayers;
}

/** Asks the registry (HEAD) only about layers that it is known to hold. */
export async function decideLayer(
  layer: Layer,
  choice: LayerCompressionChoice,
  means: DecisionMeans,
): Promise<LayerDecision> {
  if (layer.urls)
    return { layer, does: 'leave', stored: storedAsIs(layer), why: 'it is had from elsewhere (foreign)' };
  const to = choice === 'keep' ? layer.compression : choice;
  if (layer.compression === to)
    return {
      layer,
      does: 'upload',
      stored: storedAsIs(layer),
      blob: layer.stored,
      why: `the archive has it as ${to}`,
    };
  const otherwise = withoutRegistry(layer, to);
  const [known, ...rest] = means.known.find(layer.diffId, to, means.repository);
  return known ? decideKnown(layer, [known, ...rest], otherwise, means) : otherwise;
}

/** A layer in the manifest of a layout: always as it is stored. */
export function storedAsIs(layer: Layer): StoredLayer {
  const { digest, size } = layer.stored;
  return { digest, size, compression: layer.compression, urls: layer.urls };
}

async function decideKnown(
  layer: Layer,
  candidates: readonly KnownLayer[],
  otherwise: LayerDecision,
  { registry, repository, signal }: DecisionMeans,
): Promise<LayerDecision> {
  for (const known of candidates) {
    const { digest, size, compression } = known;
    if (known.repository !== repository) {
      const why = `${known.repository} holds this layer`;
      return { layer, does: 'mount', known, orElse: otherwise, why };
    }
    const there = await registry.headBlob(repository, digest, { signal });
    if (there === size || there === 'unsaid')
      return {
        layer,
        does: 'leave',
        stored: { digest, size, compression },
        why: 'the repository holds this layer',
      };
  }
  return otherwise;
}

function withoutRegistry(layer: Layer, to: Compression): LayerDecision {
  const { compressed } = layer;
  if (compressed && compressed.compression === to) return uploadFile(layer, compressed);
  const why = to === 'none' ? 'it is to be stored plain' : `it is to be stored as ${to}`;
  return { layer, does: 'recompress', to, why };
}

function uploadFile(layer: Layer, file: CompressedFile): LayerDecision {
  const { digest, size, compression } = file;
  const blob = openFileBlob(file);
  return {
    layer,
    does: 'upload',
    stored: { digest, size, compression },
    blob,
    why: 'compressed while it was unpacked',
  };
}
