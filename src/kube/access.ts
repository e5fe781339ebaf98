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

/** Throws EnvironmentError KUBE_FORBIDDEN that lists every missing permission at once. */
export async function requireAccess(
  kube: Kube,
  questions: readonly AccessQuestion[],
  options: { signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const answers = await Promise.all(questions.map((question) => kube.accessReview(question, options)));
  const missing = questions.filter((_, index) => !answers[index]!.allowed);
  if (missing.length === 0) return;
  throw new EnvironmentError(
    'KUBE_FORBIDDEN',
    `The kubeconfig's user lacks ${missing.length} of ${questions.length} permissions on ${kube.server}.`,
    {
      evidence: missing.map((question) => permissionText(question, kube.namespace)),
      mend: 'Bind a Role with these permissions to it; docs/actions/harvester-golden-build.md has the whole Role.',
    },
  );
}
