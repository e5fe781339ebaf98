/** Things that are no failure but that the next person stumbles over: told as warnings with the report. */

import type { Assembly } from './assembly.ts';
import { type Composition, takesAnnotations } from './compose.ts';
import { IMAGE_SOURCE, sourceLabel } from './manifests/annotations.ts';
import type { PushRequest } from './request.ts';

/** One line each; none for most pushes. */
export function adviseOn(
  { target, index }: Assembly,
  composition: Composition,
  { request, host }: { readonly request: PushRequest; readonly host: string },
): string[] {
  const name = `${target.repository}:${target.tags[0]}`;
  const advice: string[] = [];
  const { annotations } = request;
  const sources = composition.images.map(({ piece }) => sourceLabel(piece.content.config.bytes));
  if (host === 'ghcr.io' && !annotations[IMAGE_SOURCE] && sources.some((it) => it === undefined))
    advice.push(
      `${name} has no ${IMAGE_SOURCE}: GHCR links it to no repository, and later pushes by a workflow may be denied. Set the label, or annotations.`,
    );
  if (Object.keys(annotations).length > 0) {
    const kept = index?.manifest ?? composition.images[0]?.piece.content.manifest;
    if (composition.format === 'docker')
      advice.push(`${name}: Docker's format has no annotations; they are left out`);
    else if (kept && kept.digest === composition.top.digest && !takesAnnotations(kept, request))
      advice.push(`${name}: annotations are left out, so that its digest stays (preserve-digests)`);
  }
  const { dropped } = composition;
  if (dropped > 0)
    advice.push(
      `${name}: ${dropped === 1 ? 'an attestation is' : `${dropped} attestations are`} left out, being about manifests of the other format`,
    );
  return advice;
}
