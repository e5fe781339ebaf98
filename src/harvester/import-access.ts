/**
 * The permissions of an import and of what is done with images afterwards, asked for before anything is touched
 * (facts/harvester.md §2.9). docs/rbac/importer.yml grants exactly these, and the optional ones that only inform.
 */
import type { AccessQuestion, Resource } from '../kube/kube.ts';
import { PERSISTENT_VOLUME_CLAIMS } from '../kube/resources.ts';
import type { ImageSource } from './image-source.ts';
import { VIRTUAL_MACHINE_IMAGES } from './resources.ts';

export type ImageOperation = 'import' | 'list' | 'delete' | 'prune';

const IMAGE_VERBS: Readonly<Record<ImageOperation, readonly string[]>> = {
  import: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
  list: ['list'],
  delete: ['get', 'list', 'delete'],
  prune: ['get', 'list', 'patch', 'delete'],
};

/** One question per verb. `source`: of an import; an upload is an update, an export reads the volume (§1.4, §1.7). */
export function importAccess(
  operation: ImageOperation,
  namespace: string,
  source?: ImageSource,
): { questions: AccessQuestion[]; manifest: string } {
  const ask = (resource: Resource, at: string, verbs: readonly string[]) =>
    verbs.map((verb) => ({ verb, resource, namespace: at }));
  const verbs = [...IMAGE_VERBS[operation], ...(source?.kind === 'file' ? ['update'] : [])];
  return {
    questions: [
      ...ask(VIRTUAL_MACHINE_IMAGES, namespace, verbs),
      ...(source?.kind === 'volume' ? ask(PERSISTENT_VOLUME_CLAIMS, source.namespace, ['get']) : []),
    ],
    manifest: 'docs/rbac/importer.yml',
  };
}
