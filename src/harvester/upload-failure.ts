/** What the upload endpoint, or a proxy before it, means by its refusal (facts/harvester.md §1.7). */
import { EnvironmentError } from '../base/errors.ts';

interface Meaning {
  readonly code: string;
  readonly what: string;
  readonly mend: string;
}

const MEANINGS: Readonly<Record<number, Meaning>> = {
  401: {
    code: 'UPLOAD_UNAUTHORIZED',
    what: 'refuses the login',
    mend:
      'Tokens of the Harvester UI expire: download a new kubeconfig. The endpoint takes Rancher tokens, no ' +
      "ServiceAccount's token and no client certificate of another server.",
  },
  403: {
    code: 'UPLOAD_FORBIDDEN',
    what: 'does not let this user upload',
    mend: 'The user needs "update" on virtualmachineimages.harvesterhci.io in the namespace; else the action is not offered.',
  },
  404: {
    code: 'UPLOAD_ENDPOINT_UNKNOWN',
    what: 'knows no such image or action',
    mend: "upload-endpoint must be https://<Harvester's VIP>, or Rancher's https://<rancher>/k8s/clusters/<id>.",
  },
  413: {
    code: 'UPLOAD_TOO_LARGE',
    what: 'finds the body too large',
    mend:
      'A proxy before Harvester limits bodies: annotate its ingress with nginx.ingress.kubernetes.io/proxy-body-size: "0" ' +
      'and proxy-request-buffering: "off", or upload to the VIP directly.',
  },
  415: {
    code: 'UPLOAD_MEDIA_TYPE',
    what: 'does not take multipart/form-data',
    mend: "Something else than Harvester's upload answers there, or a proxy rewrites the content type: check upload-endpoint.",
  },
};

const FAILED: Meaning = {
  code: 'UPLOAD_FAILED',
  what: 'failed',
  mend: 'See the log of the harvester pods in harvester-system, and the BackingImageDataSource in longhorn-system.',
};

const REFUSED: Meaning = {
  code: 'UPLOAD_REFUSED',
  what: 'refused the upload',
  mend: 'Its text says why: only a disk image (qcow2, raw, iso) in whole sectors is taken.',
};

/** EnvironmentError UPLOAD_*, with the server's own words. `where`: what was asked, safe to show. */
export function uploadRefused(status: number, text: string, where: string): EnvironmentError {
  const { code, what, mend } = MEANINGS[status] ?? (status < 500 ? REFUSED : FAILED);
  const words = answerText(text);
  const quoted = words ? `: ${words}` : '';
  return new EnvironmentError(code, `${where} ${what} (HTTP ${status})${quoted}.`.replace(/\.\.$/, '.'), {
    mend,
  });
}

/** What a refusal says: the message of Steve's or Kubernetes' JSON, the title of an HTML page, else its begin. */
function answerText(text: string): string {
  const message = jsonMessage(text) ?? /<title>([^<]*)<\/title>/i.exec(text)?.[1] ?? text;
  return message.replace(/\s+/g, ' ').trim().slice(0, 300);
}

function jsonMessage(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
