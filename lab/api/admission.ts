/**
 * Admission webhooks, from the configuration objects of the moment: first the mutating ones, one after the other, then,
 * after validation by the schema, the validating ones (kubernetes/apiserver pkg/admission/plugin/webhook).
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../src/base/clock.ts';
import { messageOf } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/log.ts';
import { ApiFailure, badRequest, internal } from './failure.ts';
import { applyJsonPatch, type PatchOperation } from './json-patch.ts';
import { type KubeObject, listAt } from './object.ts';
import type { User } from './rbac.ts';
import type { ResourceType } from './resource-type.ts';
import { structuredSelector } from './selector.ts';
import type { Store } from './store.ts';
import { callWebhook, type Verdict, type Webhook, type WebhookRule } from './webhook-call.ts';

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly type: ResourceType;
  readonly subresource: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly user: User;
  readonly object: KubeObject | null;
  readonly oldObject: KubeObject | null;
  readonly dryRun: boolean;
  readonly options: object;
  /** Texts for the client's `Warning` headers are added here. */
  readonly warnings: string[];
}

const GROUP = 'admissionregistration.k8s.io';

export class Admission {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly log: Logger;

  constructor(parts: { store: Store; clock: Clock; log: Logger }) {
    this.store = parts.store;
    this.clock = parts.clock;
    this.log = parts.log;
  }

  /** The object as the mutating webhooks want it. Throws what they refuse with. */
  async mutate(request: AdmissionRequest): Promise<KubeObject | null> {
    let { object } = request;
    for (const webhook of this.webhooksFor('mutatingwebhookconfigurations', request)) {
      const verdict = await this.ask(webhook, { ...request, object });
      if (verdict?.patch && object) object = patched(object, verdict, webhook);
    }
    return object;
  }

  /** Throws what the validating webhooks refuse with. */
  async validate(request: AdmissionRequest): Promise<void> {
    for (const webhook of this.webhooksFor('validatingwebhookconfigurations', request)) {
      await this.ask(webhook, request);
    }
  }

  private webhooksFor(plural: string, request: AdmissionRequest): Webhook[] {
    // The way out of a webhook that refuses everything must stay open.
    if (request.type.group === GROUP) return [];
    const configurations = this.store.list(`${plural}.${GROUP}`);
    const webhooks = configurations.flatMap(
      (configuration) => listAt(configuration, 'webhooks') as Webhook[],
    );
    return webhooks.filter((webhook) => this.concerns(webhook, request));
  }

  private concerns(webhook: Webhook, request: AdmissionRequest): boolean {
    if (!(webhook.rules ?? []).some((rule) => fitsRule(rule, request))) return false;
    const fitsObject = structuredSelector(webhook.objectSelector);
    const candidates = [request.object, request.oldObject].filter((object) => object !== null);
    if (!candidates.some((object) => fitsObject(object.metadata.labels ?? {}))) return false;
    const labels = this.namespaceLabels(request);
    return labels === undefined || structuredSelector(webhook.namespaceSelector)(labels);
  }

  /** Undefined for what is in no namespace. */
  private namespaceLabels({
    type,
    namespace,
    object,
    oldObject,
  }: AdmissionRequest): Record<string, string> | undefined {
    if (type.group === '' && type.plural === 'namespaces')
      return (object ?? oldObject)?.metadata.labels ?? {};
    if (!namespace) return undefined;
    return this.store.get('namespaces', undefined, namespace)?.metadata.labels ?? {};
  }

  /** The verdict of a webhook that allows; undefined if it could not be asked and may be ignored. */
  private async ask(webhook: Webhook, request: AdmissionRequest): Promise<Verdict | undefined> {
    if (request.dryRun && !['None', 'NoneOnDryRun'].includes(webhook.sideEffects ?? '')) {
      throw badRequest(`admission webhook "${webhook.name}" does not support dry run`);
    }
    const verdict = await this.verdictOf(webhook, request);
    if (verdict) request.warnings.push(...(verdict.warnings ?? []));
    if (verdict && !verdict.allowed) throw denial(webhook.name, verdict);
    return verdict;
  }

  private async verdictOf(webhook: Webhook, request: AdmissionRequest): Promise<Verdict | undefined> {
    try {
      return await callWebhook(webhook, reviewOf(request), this.clock);
    } catch (error) {
      const what = `failed calling webhook "${webhook.name}": failed to call webhook: ${messageOf(error)}`;
      if (webhook.failurePolicy !== 'Ignore') throw internal(what);
      this.log.debug(`ignored: ${what}`);
      return undefined;
    }
  }
}

function reviewOf(request: AdmissionRequest): { uid: string } & Record<string, unknown> {
  const { type, subresource, namespace, name, operation, user, object, oldObject, dryRun, options } = request;
  const kind = { group: type.group, version: type.version, kind: type.kind };
  const resource = { group: type.group, version: type.version, resource: type.plural };
  const { name: username, uid, groups, extra } = user;
  return {
    uid: randomUUID(),
    kind,
    resource,
    ...(subresource && { subResource: subresource, requestSubResource: subresource }),
    requestKind: kind,
    requestResource: resource,
    ...(name && { name }),
    ...(namespace && { namespace }),
    operation,
    userInfo: { username, ...(uid && { uid }), groups, ...(extra && { extra }) },
    object,
    oldObject,
    dryRun,
    options,
  };
}

function fitsRule(rule: WebhookRule, { operation, type, subresource }: AdmissionRequest): boolean {
  const scope = rule.scope ?? '*';
  return (
    covers(rule.operations, operation) &&
    covers(rule.apiGroups, type.group) &&
    covers(rule.apiVersions, type.version) &&
    (scope === '*' || (scope === 'Namespaced') === type.namespaced) &&
    (rule.resources ?? []).some((pattern) => fitsResource(pattern, type.plural, subresource))
  );
}

function covers(list: readonly string[] | undefined, value: string): boolean {
  return list?.some((item) => item === '*' || item === value) ?? false;
}

/** `pods`, `pods/status`, `pods/*`, `*`, `*\/status`, `*\/*`: without a slash no subresource is meant. */
function fitsResource(pattern: string, plural: string, subresource: string): boolean {
  const [resource = '', sub = ''] = pattern.split('/');
  if (resource !== '*' && resource !== plural) return false;
  return sub === subresource || sub === '*';
}

function patched(object: KubeObject, verdict: Verdict, { name }: Webhook): KubeObject {
  if (verdict.patchType !== 'JSONPatch') {
    throw internal(`failed calling webhook "${name}": unsupported patch type "${verdict.patchType}"`);
  }
  try {
    const operations = JSON.parse(Buffer.from(verdict.patch!, 'base64').toString('utf8')) as PatchOperation[];
    return applyJsonPatch(object, operations) as KubeObject;
  } catch (error) {
    throw internal(`failed calling webhook "${name}": cannot apply its patch: ${messageOf(error)}`);
  }
}

/** The webhook's own status behind the server's sentence; codes below 400 become 400. */
function denial(name: string, { status = {} }: Verdict): ApiFailure {
  const sentence = `admission webhook "${name}" denied the request`;
  const why = status.message || status.reason;
  const message = why ? `${sentence}: ${why}` : `${sentence} without explanation`;
  const code = status.code && status.code >= 400 ? status.code : 400;
  return new ApiFailure(code, status.reason ?? '', message, status.details);
}
