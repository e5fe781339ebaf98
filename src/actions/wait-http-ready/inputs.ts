/** The inputs of wait-http-ready; action.yml is checked against this table by a test. */
import {
  ERROR_GROUPS,
  type ErrorGroup,
  parseHeaderExpectation,
  parseJsonExpectation,
} from '../../readiness/expectations.ts';
import { parseMatcher } from '../../readiness/matcher.ts';
import { parseStatusSet } from '../../readiness/status.ts';
import { input } from '../../runner/input-kinds.ts';
import type { Inputs } from '../../runner/inputs.ts';
import {
  parseBasicAuth,
  parseErrorGroups,
  parseHeaders,
  parseLines,
  parsePercentage,
  parseProxy,
  parseResolve,
  parseUrl,
} from './parse.ts';

export const INPUTS = {
  urls: input.own(
    'list',
    {
      description: 'What to wait for, one http or https URL per line; all must be ready.',
      example: 'https://app.example.com/healthz',
    },
    parseLines(parseUrl),
    { empty: [] },
  ),
  'probe-from': input.enumeration(['runner', 'cluster', 'console'], {
    description:
      "Where readiness is seen from. runner: tries of this machine; cluster: tries of a pod; console: a line on a Harvester VM's serial console.",
    default: 'runner',
  }),
  method: input.enumeration(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], {
    description: 'Method of the request.',
    default: 'GET',
  }),
  headers: input.own(
    'headers (secret)',
    { description: 'Headers of the request, "Name: value", one per line; the values are masked.' },
    parseHeaders,
    { secret: true, empty: {} },
  ),
  'basic-auth': input.own(
    'secret',
    { description: 'User and password as user:password, from a secret; masked.' },
    parseBasicAuth,
    { secret: true },
  ),
  body: input.string({ description: 'Body of the request.' }),
  'expect-status': input.own(
    'statuses',
    {
      description: 'Statuses that mean ready: numbers, ranges and classes such as 200-299,401 or 2xx.',
      default: '200-299',
    },
    parseStatusSet,
  ),
  'expect-body': input.own(
    'text or /regex/',
    {
      description: 'What the body must have: a text, or a regex between slashes, in its first MiB.',
      example: '/^ok\\b/i',
    },
    parseMatcher,
  ),
  'expect-json': input.own(
    'list',
    {
      description:
        'What the body must be as JSON, one per line: path, path = value, path != value, or path =~ /regex/.',
      example: 'status.conditions[?(@.type=="Ready")].status = True',
    },
    parseLines(parseJsonExpectation),
    { empty: [] },
  ),
  'expect-header': input.own(
    'list',
    {
      description: 'Headers that the answer must have, one per line: Name, Name: text, or Name: /regex/.',
      example: 'Content-Type: application/json',
    },
    parseLines(parseHeaderExpectation),
    { empty: [] },
  ),
  'fail-fast-on-status': input.own(
    'statuses',
    {
      description: 'Statuses that mean that it will never be ready: the wait fails at once.',
      example: '500,501',
    },
    parseStatusSet,
  ),
  'fail-fast-on-body': input.own(
    'text or /regex/',
    {
      description:
        'What a body has that means that it will never be ready; a text, or a regex between slashes.',
    },
    parseMatcher,
  ),
  'fail-fast-on-error': input.own(
    'list',
    {
      description: `Failures of the network that mean that it will never be ready, separated by commas: ${ERROR_GROUPS.join(', ')}.`,
      example: 'dns,tls',
    },
    parseErrorGroups,
    { empty: [] as readonly ErrorGroup[] },
  ),
  invert: input.boolean({
    description: 'Wait until the URLs no longer answer as expected.',
    default: 'false',
  }),
  'consecutive-successes': input.integer({
    description: 'Tries in a row that must pass.',
    default: '1',
    min: 1,
    max: 1000,
  }),
  timeout: input.duration({ description: 'Limit for the whole wait.', default: '5m' }),
  interval: input.duration({
    description:
      'Time between two tries of a URL. Of many URLs, all together make at most 12 tries in a second.',
    default: '200ms',
  }),
  schedule: input.enumeration(['fixed', 'exponential'], {
    description:
      'Whether the interval stays, or doubles up to max-interval while the outcome stays the same.',
    default: 'fixed',
  }),
  'max-interval': input.duration({
    description: 'Longest interval of an exponential schedule.',
    default: '30s',
  }),
  jitter: input.own(
    'percentage',
    { description: 'How much shorter than due an interval may be, at random.', default: '10%' },
    parsePercentage,
  ),
  'initial-delay': input.duration({ description: 'Time before the first try.', default: '0s' }),
  'request-timeout': input.duration({
    description: 'Limit for one try, redirects included.',
    default: '10s',
  }),
  'connect-timeout': input.duration({
    description: 'Limit for the begin of a try: DNS, connection, proxy and TLS.',
    default: '3s',
  }),
  concurrency: input.integer({
    description: 'URLs that are tried at the same time.',
    default: '50',
    min: 1,
    max: 1000,
  }),
  'follow-redirects': input.integer({
    description: 'Redirects that are followed; with 0 a redirect is an answer like any other.',
    default: '5',
    min: 0,
    max: 20,
  }),
  'ca-certificates': input.string({
    description: 'CA certificates that are trusted besides the usual ones: PEM text, or the path of a file.',
  }),
  'client-certificate': input.string({
    description: 'Certificate to show to the server: PEM text, or the path of a file.',
  }),
  'client-key': input.secret({
    description: 'Key of the client certificate: PEM text, from a secret, or the path of a file.',
  }),
  'server-name': input.string({
    description: "Name that is asked for in TLS, and that the certificate must be for. Default: the URL's.",
    pattern: /^[A-Za-z0-9*_.-]+$/,
    rule: 'must be a host name',
  }),
  'insecure-skip-tls-verify': input.boolean({
    description: 'Take any certificate. Whoever answers on the way may then say that the server is ready.',
    default: 'false',
  }),
  'ip-family': input.enumeration(['any', '4', '6'], {
    description: 'Kind of addresses that are used; any tries both.',
    default: 'any',
  }),
  resolve: input.own(
    'map',
    {
      description: 'Addresses that are used instead of DNS, host=address or host:port=address, one per line.',
      example: 'app.example.com=10.0.40.9',
    },
    parseResolve,
    { empty: {} },
  ),
  proxy: input.own(
    'secret',
    {
      description:
        'Proxy for all URLs, or none. Default: http_proxy, https_proxy and no_proxy of the environment.',
    },
    parseProxy,
    { secret: true },
  ),
  kubeconfig: input.secret({
    description: 'Kubeconfig of the cluster, for cluster and console: its content, or the path of a file.',
  }),
  context: input.string({ description: 'Context of the kubeconfig. Default: its current context.' }),
  namespace: input.string({
    description: 'Namespace of the pod or the VM. Default: the namespace of the context.',
  }),
  'probe-image': input.string({
    description: 'Image of the pod that makes the tries, for cluster, by digest; it needs sh and curl.',
    pattern: /^[a-z0-9][\w.:/-]*@sha256:[0-9a-f]{64}$/,
    rule: 'must be name@sha256:… with 64 hex digits',
  }),
  'probe-pull-secret': input.string({
    description: 'Secret (dockerconfigjson) in the namespace that the image is pulled with.',
  }),
  'probe-pod': input.string({
    description:
      'Label selector of a running pod that makes the tries, for cluster, instead of a pod of their own; it needs sh and curl.',
    example: 'app=toolbox',
  }),
  'probe-container': input.string({ description: 'Container of that pod. Default: its first.' }),
  vm: input.string({
    description: 'Name of the VM whose serial console is read, for console.',
    pattern: /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
    rule: 'must be the name of a virtual machine',
  }),
  'expect-line': input.own(
    'text or /regex/',
    { description: 'Line of the console that means ready: a text in it, or a regex between slashes.' },
    parseMatcher,
  ),
  'fail-fast-on-line': input.own(
    'text or /regex/',
    { description: 'Line of the console that means that it will never be ready.' },
    parseMatcher,
  ),
} as const;

/** All that post needs: nothing else may keep it from cleaning up. */
export const POST_INPUTS = { kubeconfig: INPUTS.kubeconfig, context: INPUTS.context } as const;

export type WaitInputs = Inputs<typeof INPUTS>;
