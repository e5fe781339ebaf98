/**
 * The one entry of the bundle. Every action is behind its own import(), so that the runner loads only what it starts
 * (DESIGN §4 decision 2). The stubs dist/<action>/<stage>.js call {@link start}.
 */
import { InternalError } from '../base/errors.ts';

const entryPoints: Readonly<Record<string, () => Promise<{ run(): Promise<void> }>>> = {
  // generated:entry-points
  'harvester-golden-build/main': () => import('./harvester-golden-build/main.ts'),
  'harvester-golden-build/post': () => import('./harvester-golden-build/post.ts'),
  'wait-http-ready/main': () => import('./wait-http-ready/main.ts'),
  'wait-http-ready/post': () => import('./wait-http-ready/post.ts'),
  'harvester-image-import/main': () => import('./harvester-image-import/main.ts'),
  'harvester-image-import/post': () => import('./harvester-image-import/post.ts'),
  'oci-tarball-push/main': () => import('./oci-tarball-push/main.ts'),
  'oci-tarball-push/post': () => import('./oci-tarball-push/post.ts'),
  // /generated
};

/** Runs one stage of an action to its end. Throws InternalError ENTRY_POINT_UNKNOWN for what the matrix does not list. */
export async function start(action: string, stage: 'pre' | 'main' | 'post'): Promise<void> {
  const load = entryPoints[`${action}/${stage}`];
  if (!load) throw new InternalError('ENTRY_POINT_UNKNOWN', `There is no entry point ${action}/${stage}.`);
  const { run } = await load();
  await run();
}
