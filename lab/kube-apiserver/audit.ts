/**
 * The API server's own record of who asked for what and whether it was allowed (kubernetes/website "Auditing"): what rights a
 * program really uses, told by the server and not by the program.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One answered request for a resource. */
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
rules: [{ level: Metadata }]
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
}

function readEvent({ verb, user, objectRef, annotations }: AuditEvent): AuditedRequest | undefined {
  if (!objectRef?.resource) return undefined;
  const { resource, subresource, apiGroup, namespace = '' } = objectRef;
  const name = apiGroup ? `${resource}.${apiGroup}` : resource;
  const allowed = annotations?.['authorization.k8s.io/decision'] === 'allow';
  return {
    user: user.username,
    verb,
    resource: subresource ? `${name}/${subresource}` : name,
    namespace,
    allowed,
  };
}
