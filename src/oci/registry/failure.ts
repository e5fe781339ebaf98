/**
 * What a registry, or a proxy before it, means by its refusal, and what to do about it: one table, the first row that fits.
 * Sources of the texts: facts/oci.md §2.2, §2.4, §2.5 and §5.
 */
import { EnvironmentError, type ErrorDetails } from '../../base/errors.ts';
import type { Secrets } from './login/secrets.ts';
import { type Words, wordsOf } from './registry-words.ts';
import type { Answer } from './wire.ts';

/** What was asked when it was refused. */
export interface Doing {
  /** As it stands in references. */
  readonly host: string;
  readonly repository?: string;
  /** Fits behind "could not": `push the manifest 1.2`. */
  readonly doing: string;
  readonly about: 'login' | 'manifest' | 'blob' | 'ping' | 'project';
}

/** An EnvironmentError that also remembers the status, for those who decide by it. */
export class RegistryRefusal extends EnvironmentError {
  readonly status: number;
  readonly words: Words;

  constructor(code: string, message: string, details: ErrorDetails & { status: number; words: Words }) {
    const { status, words, ...rest } = details;
    super(code, message, rest);
    this.name = 'EnvironmentError';
    this.status = status;
    this.words = words;
  }
}

interface Row {
  readonly code: string;
  readonly what: string;
  readonly mend: string;
  readonly status?: readonly number[];
  /** Of the error list. */
  readonly says?: readonly string[];
  readonly text?: RegExp;
  readonly about?: Doing['about'];
}

const ROWS: readonly Row[] = [
  {
    code: 'REGISTRY_SCHEME',
    status: [400],
    text: /HTTP request (was sent )?to (an )?HTTPS|plain HTTP request was sent to HTTPS port/i,
    what: 'speaks TLS',
    mend: 'Leave plain-http off for this registry.',
  },
  {
    code: 'REGISTRY_SCHEME',
    status: [301, 302, 307, 308],
    about: 'ping',
    what: 'redirects its API elsewhere',
    mend: 'Leave plain-http off if it sends to https; else give the host that it sends to.',
  },
  {
    code: 'REGISTRY_BODY_TOO_LARGE',
    status: [413],
    about: 'blob',
    what: 'takes no body of that size, not even in the smallest chunks',
    mend:
      'A proxy before the registry limits bodies: with ingress-nginx annotate its ingress with ' +
      'nginx.ingress.kubernetes.io/proxy-body-size: "0"; with nginx set client_max_body_size 0.',
  },
  {
    code: 'REGISTRY_BODY_TOO_LARGE',
    status: [413],
    what: 'finds the manifest too large',
    mend: 'Registries take manifests up to 4 MiB: leave out annotations, or split the index.',
  },
  {
    code: 'REGISTRY_QUOTA',
    status: [400, 403, 409, 507],
    text: /exceed the configured upper limit|quota|storage (limit|exceeded)|insufficient storage/i,
    what: 'has no room left for it: the quota is used up',
    mend: "Raise the project's quota, or delete artifacts and let the garbage collection run.",
  },
  {
    code: 'REGISTRY_TAG_IMMUTABLE',
    text: /immutab/i,
    what: 'lets nobody change that tag',
    mend: 'Push another version, use on-existing: skip, or change the immutability rule.',
  },
  {
    code: 'REGISTRY_READ_ONLY',
    text: /read.?only/i,
    what: 'is read-only at the moment',
    mend: 'Wait until its maintenance is over, or switch the mode off in its administration (Harbor: system settings).',
  },
  {
    code: 'REGISTRY_READ_ONLY',
    status: [405],
    what: 'takes nothing new',
    mend: 'See whether it is in maintenance (distribution: storage.maintenance.readonly), or only mirrors another.',
  },
  {
    code: 'REGISTRY_PROXY_PROJECT',
    text: /proxy project|pull.?through cache/i,
    what: 'only caches another registry there',
    mend: 'Push to a project that is no proxy cache.',
  },
  {
    code: 'REGISTRY_PACKAGE_NOT_LINKED',
    text: /permission_denied: ?(write_package|create_package)|installation not allowed/i,
    what: 'does not let this token write the package',
    mend:
      'On ghcr.io the job needs "permissions: packages: write", and a package that is there already must give the repository ' +
      'write access (package settings, Manage Actions access). The label org.opencontainers.image.source links a new one.',
  },
  {
    code: 'REGISTRY_POLICY',
    says: ['PROJECTPOLICYVIOLATION'],
    what: 'withholds it by a policy',
    mend: "See the project's policies: scan gate, content trust, signatures.",
  },
  {
    code: 'REGISTRY_PROJECT_MISSING',
    text: /project \S+ not found|project not found/i,
    what: 'has no such project',
    mend: 'Create the project, or let create-project: true do it; check the begin of the repository.',
  },
  {
    code: 'REGISTRY_REPOSITORY_UNKNOWN',
    says: ['NAME_UNKNOWN'],
    what: 'does not know the repository',
    mend: 'Create it first: ECR makes none by itself (aws ecr create-repository); elsewhere check its name.',
  },
  {
    code: 'REGISTRY_BLOB_MISSING',
    says: ['MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN'],
    about: 'manifest',
    what: 'misses a blob or a child of the manifest',
    mend: 'Run it again: a garbage collection may have taken it meanwhile.',
  },
  {
    code: 'REGISTRY_MANIFEST_REFUSED',
    says: ['MANIFEST_INVALID', 'UNSUPPORTED', 'TAG_INVALID', 'MANIFEST_UNVERIFIED'],
    about: 'manifest',
    what: 'does not take such a manifest',
    mend: 'Try the other format (format: oci or docker); zot takes Docker manifests only with compat: ["docker2s2"].',
  },
  {
    code: 'REGISTRY_MANIFEST_REFUSED',
    status: [415],
    about: 'manifest',
    what: 'does not take such a manifest',
    mend: 'Try the other format (format: oci or docker).',
  },
  {
    code: 'REGISTRY_AUTH_REFUSED',
    status: [401, 403],
    about: 'login',
    what: 'refuses the login',
    mend:
      'Check username and password. Harbor: robots are named robot$<project>+<name> and expire, people of an OIDC provider need ' +
      'their CLI secret; ghcr.io: a token with write:packages; Docker Hub: an access token.',
  },
  {
    code: 'REGISTRY_PROJECT_FORBIDDEN',
    status: [401, 403],
    about: 'project',
    what: 'does not let this login create projects',
    mend: 'Let an administrator create it, or allow it (project_creation_restriction); robots need the right to create projects.',
  },
  {
    code: 'REGISTRY_PUSH_FORBIDDEN',
    status: [401, 403],
    what: 'does not allow it with this login',
    mend: 'Give the user or robot the right to push to that repository, and check its name.',
  },
  {
    code: 'REGISTRY_NOT_FOUND',
    status: [404],
    about: 'ping',
    what: 'has no registry at /v2/',
    mend: 'Check the host; a registry below another path cannot be used.',
  },
  {
    code: 'REGISTRY_REPOSITORY_UNKNOWN',
    status: [404],
    what: 'does not know the repository',
    mend: 'Create it first where the registry makes none by itself; check its name.',
  },
  {
    code: 'REGISTRY_RATE_LIMITED',
    status: [429],
    what: 'has had too many requests',
    mend: 'Log in (anonymous users have less), lower concurrency, or try later: a pause of more than a minute is not waited out.',
  },
  {
    code: 'REGISTRY_UNAVAILABLE',
    status: [408, 499, 500, 502, 503, 504, 522, 524],
    what: 'failed, also after trying again',
    mend: 'See the log of the registry and of the proxy before it.',
  },
];

const OTHER: Row = {
  code: 'REGISTRY_REFUSED',
  what: 'refused it',
  mend: 'Its text says why; see the log of the registry.',
};

/** What a refusal means where nobody logged in. */
export const NOBODY = {
  code: 'REGISTRY_AUTH_REFUSED',
  what: 'wants a login, and none was given',
  mend: 'Give username and password, best of a robot or token that may push there and nothing else; or log in with docker login before.',
} as const;

/** The error for an answer that is none of those hoped for. */
export function refusal(answer: Answer, asked: Doing, secrets: Secrets): RegistryRefusal {
  const words = wordsOf(answer, secrets);
  const row = ROWS.find((one) => fits(one, answer.status, { words, about: asked.about })) ?? OTHER;
  return refusalAs(row, { answer, asked, words });
}

/** The same with a meaning that was found out otherwise. */
export function refusalAs(
  { code, what, mend }: { readonly code: string; readonly what: string; readonly mend: string },
  { answer, asked, words }: { answer: Answer; asked: Doing; words: Words },
): RegistryRefusal {
  const said = words.text ? `: ${words.text}` : '';
  const message = `Could not ${asked.doing}: ${asked.host} ${what} (HTTP ${answer.status})${said}.`;
  return new RegistryRefusal(code, message, { mend, status: answer.status, words });
}

function fits(row: Row, status: number, { words, about }: { words: Words; about: Doing['about'] }): boolean {
  return (
    (row.status?.includes(status) ?? status >= 400) &&
    (row.about === undefined || row.about === about) &&
    (row.says === undefined || row.says.some((code) => words.codes.includes(code))) &&
    (row.text === undefined || row.text.test(words.text))
  );
}

/** What the registry answered is not what the specification has there, so that nothing may be concluded from it. */
export function protocolError(asked: Doing, what: string): EnvironmentError {
  return new EnvironmentError('REGISTRY_PROTOCOL', `Could not ${asked.doing}: ${asked.host} ${what}.`, {
    mend: 'Something else than a registry may answer there: a sign-in page, a proxy, a dead backend behind a catch-all.',
  });
}

/** The bytes that came are not the ones that were asked for, or the digest that was told is another. */
export function digestError(asked: Doing, what: string): EnvironmentError {
  return new EnvironmentError('REGISTRY_DIGEST', `Could not ${asked.doing}: ${asked.host} ${what}.`, {
    mend: 'Something changes what passes through: a proxy, a cache, a broken disk of the registry. Look there first.',
  });
}
