/**
 * The API server's own record of who asked for what and whether it was allowed (kubernetes/website "Auditing"): what rights a
 * program really uses, told by the server and not by the program.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One answered request for a resource, or a question of another program whether the user may make it. */
export interface AuditedRequest {
  readonly user: string;
  readonly verb: string;
  /** `virtualmachines.kubevirt.io`, `pods/log`; core resources without a dot. */
  readonly resource: string;
  readonly namespace: string;
  readonly allowed: boolean;
}

const POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Request
    resources: [{ group: authorization.k8s.io, resources: [subjectaccessreviews] }]
  - level: Metadata
`;

/** Flags of kube-apiserver; writes the policy they name. */
export async function auditFlags(folder: string): Promise<string[]> {
  const policy = join(folder, 'audit-policy.yaml');
  await writeFile(policy, POLICY);
  return [`--audit-policy-file=${policy}`, `--audit-log-path=${logIn(folder)}`, '--audit-log-mode=blocking'];
}

/** What was asked for so far, each kind of request once. */
export async function auditedRequests(folder: string): Promise<AuditedRequest[]> {
  const text = await readFile(logIn(folder), 'utf8');
  const requests = new Map<string, AuditedRequest>();
  for (const line of text.split('\n').slice(0, -1)) {
    const request = readEvent(JSON.parse(line) as AuditEvent);
    if (request) requests.set(JSON.stringify(request), request);
  }
  return [...requests.values()];
}

const logIn = (folder: string) => join(folder, 'audit.log');

interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly apiGroup?: string;
    readonly namespace?: string;
  };
  readonly annotations?: Readonly<Record<string, string>>;
  readonly requestObject?: SubjectAccessReview;
}

interface SubjectAccessReview {
  readonly spec?: {
    readonly user?: string;
    readonly resourceAttributes?: {
      readonly verb: string;
      readonly group?: string;
      readonly resource: string;
      readonly subresource?: string;
      readonly namespace?: string;
    };
  };
}

function readEvent(event: AuditEvent): AuditedRequest | undefined {
  const { verb, user, objectRef, annotations, requestObject } = event;
  if (!objectRef?.resource) return undefined;
  const asked = objectRef.resource === 'subjectaccessreviews' ? requestObject?.spec : undefined;
  const { namespace = '' } = asked?.resourceAttributes ?? objectRef;
  if (asked?.resourceAttributes) {
    const { group, resource, subresource, verb: wanted } = asked.resourceAttributes;
    const what = resourceText(resource, group, subresource);
    return { user: asked.user ?? '', verb: wanted, resource: what, namespace, allowed: true };
  }
  const { resource, subresource, apiGroup } = objectRef;
  const allowed = annotations?.['authorization.k8s.io/decision'] === 'allow';
  return {
    user: user.username,
    verb,
    resource: resourceText(resource, apiGroup, subresource),
    namespace,
    allowed,
  };
}

function resourceText(resource: string, group?: string, subresource?: string): string {
  const name = group ? `${resource}.${group}` : resource;
  return subresource ? `${name}/${subresource}` : name;
}
