/**
 * Failures of the way in words: what happened, with the address, name or CA that it was about, and what to do. Each kind has
 * a stable code (facts/actions-platform.md §E: "last error classified, with the mend for each").
 */
import { formatDuration } from '../base/duration.ts';
import { unreachable } from '../base/errors.ts';
import type { Explanation } from './explanation.ts';
import type { AddressFailure, Failure, ProbeFacts, Stage } from './facts.ts';
import { explainTls } from './tls-failure.ts';

/** Codes of failures that say nothing about the server, only about how it is asked: no proof that it is gone. */
export const ABOUT_THE_WAY: ReadonlySet<string> = new Set([
  'WAIT_TLS_AUTHORITY',
  'WAIT_TLS_NAME',
  'WAIT_TLS_EXPIRED',
  'WAIT_TLS_NOT_YET_VALID',
  'WAIT_TLS_CLIENT',
  'WAIT_TLS',
  'WAIT_PROXY',
  'WAIT_REDIRECT',
  'WAIT_MACHINE',
]);

/** `at`: now, in ms since the epoch, for what has expired. */
export function explainFailure(
  failure: Failure,
  { via, at }: { via?: string | undefined; at: number },
): Explanation {
  const plain = explain(failure, at);
  if (!via) return plain;
  return {
    code: 'WAIT_PROXY',
    what: `the proxy ${via} cannot be used: ${plain.what}`,
    mend: `Check http_proxy, https_proxy and no_proxy, or the input proxy. ${plain.mend}`,
  };
}

/** The failure of a try; undefined if there is an answer. */
export function failureOf(facts: ProbeFacts, at: number): Explanation | undefined {
  return facts.failure && explainFailure(facts.failure, { via: facts.via, at });
}

function explain(failure: Failure, at: number): Explanation {
  switch (failure.kind) {
    case 'dns':
      return explainDns(failure.host, failure.code);
    case 'family':
      return {
        code: 'WAIT_DNS',
        what: `"${failure.host}" has no IPv${failure.family} address`,
        mend: 'Leave ip-family at "any", or give the name such an address.',
      };
    case 'connect':
      return explainConnect(failure.attempts);
    case 'tls':
      return explainTls(failure, at);
    case 'timeout':
      return explainTimeout(failure);
    case 'proxy':
      return explainProxy(failure);
    case 'cut':
      return explainCut(failure);
    case 'protocol':
      return explainProtocol(failure);
    case 'redirect':
      return explainRedirect(failure);
    default:
      return unreachable(failure);
  }
}

function explainDns(host: string, code: string): Explanation {
  if (code === 'EAI_AGAIN') {
    return {
      code: 'WAIT_DNS',
      what: `no DNS server answers when asked for "${host}" (${code})`,
      mend: 'Check the DNS servers and the network of this machine; the name itself may be right.',
    };
  }
  return {
    code: 'WAIT_DNS',
    what: `the name "${host}" does not exist in the DNS of this machine (${code})`,
    mend: `Check the spelling; for a name that only another network knows, give resolve: ${host}=<address>.`,
  };
}

interface ConnectKind extends Omit<Explanation, 'what'> {
  readonly codes: RegExp;
  /** Said before the address. */
  readonly verb: string;
}

const CONNECT_KINDS: readonly ConnectKind[] = [
  {
    code: 'WAIT_REFUSED',
    codes: /^ECONNREFUSED$/,
    verb: 'nothing listens on',
    mend: 'Check the port, and that the server runs and listens on that address, not only on its own localhost.',
  },
  {
    code: 'WAIT_UNREACHABLE',
    codes: /^(EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL)$/,
    verb: 'there is no route to',
    mend: 'Check that the machine is up, and the network between: a runner often cannot reach what the cluster can.',
  },
  {
    code: 'WAIT_UNREACHABLE',
    codes: /^(EACCES|EPERM)$/,
    verb: 'this machine may not connect to',
    mend: 'Look at the firewall and the sandbox of this machine.',
  },
  {
    code: 'WAIT_TIMEOUT',
    codes: /^ETIMEDOUT$/,
    verb: 'no answer to the connection to',
    mend: 'Check firewalls on the way: they drop what they do not let through.',
  },
  {
    code: 'WAIT_RESET',
    codes: /^(ECONNRESET|ECONNABORTED|EPIPE)$/,
    verb: 'the connection was cut at once by',
    mend: 'Look at load balancers on the way: they do so when no server stands behind them.',
  },
  {
    code: 'WAIT_MACHINE',
    codes: /^(EMFILE|ENFILE|ENOBUFS|ENOMEM)$/,
    verb: 'this machine has no means left to connect to',
    mend: 'Wait for fewer URLs at once (concurrency), or raise the limit of open files.',
  },
];

const OTHER_CONNECT: ConnectKind = {
  code: 'WAIT_UNREACHABLE',
  codes: /./,
  verb: 'no connection to',
  mend: 'Look at the network of this machine.',
};

/** One phrase per kind of failure, with all addresses that failed so; the code is that of the first address. */
function explainConnect(attempts: readonly AddressFailure[]): Explanation {
  const kinds = attempts.map(
    ({ code }) => CONNECT_KINDS.find(({ codes }) => codes.test(code)) ?? OTHER_CONNECT,
  );
  const phrases = [...new Set(kinds)].map((kind) => {
    const mine = attempts.filter((_, index) => kinds[index] === kind);
    const codes = [...new Set(mine.map(({ code }) => code))].join(', ');
    return `${kind.verb} ${mine.map(({ address }) => address).join(' and ')} (${codes})`;
  });
  const { code, mend } = kinds[0] ?? OTHER_CONNECT;
  return { code, what: phrases.join('; '), mend };
}

const STAGES: Readonly<Record<Stage, { what: (peer: string) => string; mend: string }>> = {
  dns: {
    what: (peer) => `the DNS gave no answer for "${peer}"`,
    mend: 'Check the DNS servers of this machine, or give resolve: <host>=<address>.',
  },
  connect: {
    what: (peer) => `no answer to the connection to ${peer}`,
    mend: 'Check that the machine is up, and firewalls on the way: they drop what they do not let through.',
  },
  proxy: {
    what: (peer) => `the proxy ${peer} made no connection`,
    mend: 'Check that the proxy may reach the host, or list the host in no_proxy.',
  },
  tls: {
    what: (peer) => `${peer} took the connection and did not finish the TLS handshake`,
    mend: 'Check that the port speaks TLS; a server that is overloaded, or a load balancer without one, does the same.',
  },
  response: {
    what: (peer) => `${peer} took the request and sent no response`,
    mend: 'Look at the log of the server, or allow it more time with request-timeout.',
  },
  body: {
    what: (peer) => `${peer} began a response and did not end it`,
    mend: 'Look at the log of the server; for an endless stream use method: HEAD.',
  },
};

function explainTimeout({ stage, limit, peer }: Extract<Failure, { kind: 'timeout' }>): Explanation {
  const { what, mend } = STAGES[stage];
  return { code: 'WAIT_TIMEOUT', what: `${what(peer)} within ${formatDuration(limit)}`, mend };
}

function explainProxy({ proxy, status }: Extract<Failure, { kind: 'proxy' }>): Explanation {
  return {
    code: 'WAIT_PROXY',
    what: `the proxy ${proxy} refused the connection with ${status}`,
    mend:
      status === 407
        ? 'It wants a user and a password: http://user:password@proxy:3128, from a secret.'
        : 'Allow the host at the proxy, or list it in no_proxy.',
  };
}

function explainCut({ stage, code, received }: Extract<Failure, { kind: 'cut' }>): Explanation {
  const where = {
    tls: 'in the TLS handshake',
    proxy: 'before the proxy had answered',
    body: `after ${received} bytes of the body`,
  } as const;
  const place = stage in where ? where[stage as keyof typeof where] : 'before any response';
  return {
    code: 'WAIT_RESET',
    what: `the server closed the connection ${place} (${code})`,
    mend: 'Look at the log of the server. Load balancers without a server behind them do so, and ports of TLS if asked in http.',
  };
}

function explainProtocol({ code, message, begin }: Extract<Failure, { kind: 'protocol' }>): Explanation {
  if (begin === 'tls') {
    return {
      code: 'WAIT_PROTOCOL',
      what: 'what answers there speaks TLS',
      mend: 'Use https:// in the URL.',
    };
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return {
      code: 'WAIT_PROTOCOL',
      what: 'the headers of the response are longer than 16 KiB',
      mend: 'Ask for a page that sets fewer cookies, such as a health check.',
    };
  }
  if (!code.startsWith('HPE_')) {
    return {
      code: 'WAIT_PROTOCOL',
      what: `the body cannot be unpacked (${message})`,
      mend: 'The content-encoding that the server names is not the one it uses: mend the server or the proxy.',
    };
  }
  return {
    code: 'WAIT_PROTOCOL',
    what: `what answers there does not speak HTTP/1 (${message})`,
    mend: 'Check the port: SSH, databases and HTTP/2 without TLS answer like this.',
  };
}

function explainRedirect({ to, count }: Extract<Failure, { kind: 'redirect' }>): Explanation {
  if (!/^https?:/.test(to)) {
    return {
      code: 'WAIT_REDIRECT',
      what: `it redirects to "${to.slice(0, 100)}", which is no http or https URL`,
      mend: 'Mend the server, or take the redirect itself as ready: follow-redirects: 0 and expect-status: 300-399.',
    };
  }
  return {
    code: 'WAIT_REDIRECT',
    what: `it redirects more than ${count} times`,
    mend: 'Give the URL that it finally leads to, with the cookies or headers it asks for; or raise follow-redirects.',
  };
}
