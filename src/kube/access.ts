/** Asking beforehand what the kubeconfig's user may do, so that a build does not end at its last step. */
import { EnvironmentError } from '../base/errors.ts';
import { type AccessQuestion, type Kube, resourceName } from './kube.ts';

/** `create virtualmachines.kubevirt.io in namespace "ci"`. */
export function permissionText(question: AccessQuestion, namespace: string): string {
  const { verb, resource, subresource } = question;
  const what = subresource ? `${resourceName(resource)}/${subresource}` : resourceName(resource);
  return resource.namespaced
    ? `${verb} ${what} in namespace "${question.namespace ?? namespace}"`
    : `${verb} ${what}`;
}

/**
 * Throws EnvironmentError KUBE_FORBIDDEN that lists every missing permission at once, and the manifest with them. What several parts
 * of the work need is asked once.
 */
export async function requireAccess(
  kube: Kube,
  wanted: readonly AccessQuestion[],
  options: { manifest: string; signal?: AbortSignal | undefined },
): Promise<void> {
  const { manifest, signal } = options;
  const questions = [
    ...new Map(wanted.map((question) => [permissionText(question, kube.namespace), question])).values(),
  ];
  const answers = await Promise.all(questions.map((question) => kube.accessReview(question, { signal })));
  const missing = questions.filter((_, index) => !answers[index]!.allowed);
  if (missing.length === 0) return;
  const lines = missing.map((question) => `  - ${permissionText(question, kube.namespace)}`);
  throw new EnvironmentError(
    'KUBE_FORBIDDEN',
    `The kubeconfig's user lacks ${missing.length} of ${questions.length} permissions on ${kube.server}:\n${lines.join('\n')}`,
    {
      mend: `${manifest} has a Role with all of them: apply it in that namespace; nothing has been touched.`,
    },
  );
}
