/**
 * The shell script that makes the tries inside a cluster, with curl, one loop per URL. It collects facts and judges nothing:
 * each outcome goes to stdout once, in base64, and an outcome that repeats as a short line (outcome.ts reads both).
 *
 * Whatever may be secret stands in files of a folder that only the script's user can read, never in an argument.
 */

import type { ProbeTarget } from '../facts.ts';
import type { ConnectionOptions } from '../probe.ts';
import type { Schedule } from '../schedule.ts';

export interface ScriptOptions {
  readonly targets: readonly ProbeTarget[];
  readonly connection: ConnectionOptions;
  readonly schedule: Schedule;
  /** Milliseconds for a try. */
  readonly requestTimeout: number;
  /** Milliseconds until the script ends by itself. */
  readonly timeout: number;
  /** Letters and digits that occur nowhere else: ends the files in the script. */
  readonly token: string;
}

/** A process for every try: no more than two in a second for each URL. */
const SHORTEST_PAUSE = 500;

/** The script for a pod of its own: ends when the time is over. Needs what {@link renderExecScript} needs. */
export function renderPodScript(options: ScriptOptions): string {
  return `${render(options)}\nsleep "$life"\n`;
}

/** The script for `sh -s` in a pod that is there already: also ends when its stdin does. Needs sh, curl ≥ 7.75, base64, cat, cut, fold, grep, head, mktemp, sed, sha256sum, sleep, tail, tr, wc. */
export function renderExecScript(options: ScriptOptions): string {
  return `${render(options)}\n{ sleep "$life"; kill $$; } &\ncat > /dev/null\n`;
}

function render(options: ScriptOptions): string {
  const { targets, schedule, token } = options;
  const first = Math.max(SHORTEST_PAUSE, schedule.interval);
  const last = schedule.kind === 'exponential' ? Math.max(first, schedule.longestInterval) : first;
  const loops = targets.map(
    ({ redirects, bodyLimit }, id) => `keep_asking ${id} ${redirects} ${bodyLimit} ${first} ${last} &`,
  );
  const files = filesOf(options).map(([name, text]) => hereDocument(name, text, token));
  return [HEAD, `life=${Math.ceil(options.timeout / 1000)}`, ...files, BODY, ...loops].join('\n');
}

function hereDocument(name: string, text: string, token: string): string {
  return `cat > ${name} <<'END-${token}'\n${text}\nEND-${token}`;
}

function filesOf(options: ScriptOptions): (readonly [string, string])[] {
  const { tls } = options.connection;
  return [
    ['ca.given', tls.ca.join('\n')],
    ...(tls.client
      ? ([
          ['client.pem', tls.client.certificate],
          ['client.key', tls.client.key],
        ] as const)
      : []),
    ['way.conf', wayConfig(options).join('\n')],
    ...options.targets.flatMap((target, id) => [
      [`${id}.url`, shownUrl(target.url, tls.serverName)] as const,
      [`${id}.way`, targetWay(target, options).join('\n')] as const,
      [`${id}.headers`, headerConfig(target, tls.serverName).join('\n')] as const,
      [`${id}.body`, bodyConfig(target).join('\n')] as const,
    ]),
  ];
}

/** How every connection is made. */
function wayConfig({ connection, requestTimeout }: ScriptOptions): string[] {
  const { tls, family, resolve, proxies } = connection;
  const proxy = proxies.https_proxy ?? proxies.http_proxy;
  return [
    'silent',
    'verbose',
    'http1.1',
    setting('proto', '=http,https'),
    setting('max-time', seconds(requestTimeout)),
    setting('write-out', WRITE_OUT),
    proxy === undefined ? setting('noproxy', '*') : setting('proxy', proxy),
    ...(family === 'any' ? [] : [`ipv${family}`]),
    ...(tls.insecure ? ['insecure'] : [setting('cacert', 'ca.pem')]),
    ...(tls.client ? [setting('cert', 'client.pem'), setting('key', 'client.key')] : []),
    ...Object.entries(resolve).map(([host, address]) => {
      const [, name, port = ''] = /^(.*?)(?::(\d+))?$/.exec(host)!;
      return setting('connect-to', `${name}:${port}:${bracketed(address)}:${port}`);
    }),
  ];
}

/** curl takes the name for TLS from the URL: the name is asked for, and led to the real host. */
function shownUrl(url: URL, serverName: string | undefined): string {
  if (serverName === undefined || url.protocol !== 'https:') return url.href;
  const shown = new URL(url);
  shown.hostname = serverName;
  return shown.href;
}

function targetWay({ url, connectTimeout }: ProbeTarget, { connection }: ScriptOptions): string[] {
  const { resolve, tls } = connection;
  const limit = setting('connect-timeout', seconds(connectTimeout));
  if (tls.serverName === undefined || url.protocol !== 'https:') return [limit];
  const [host, port] = [url.hostname, url.port || '443'];
  const real = bracketed(resolve[`${host}:${port}`] ?? resolve[host] ?? host);
  return [limit, setting('connect-to', `${tls.serverName}:${port}:${real}:${port}`)];
}

const bracketed = (address: string) =>
  address.includes(':') && !address.startsWith('[') ? `[${address}]` : address;

function headerConfig({ url, headers }: ProbeTarget, serverName: string | undefined): string[] {
  const all = serverName === undefined ? headers : { host: url.host, ...headers };
  return Object.entries(all).map(([name, value]) => setting('header', `${name}: ${value}`));
}

function bodyConfig({ method, body }: ProbeTarget): string[] {
  if (method === 'HEAD') return ['head'];
  return [setting('request', method), ...(body === undefined ? [] : [setting('data-raw', body)])];
}

const seconds = (ms: number) => String(Math.max(0.001, ms / 1000));

/** A line of a curl configuration; the escapes are those of curl's manual, "--config". */
function setting(name: string, value: string): string {
  const quoted = value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\t', '\\t')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return `${name} = "${quoted}"`;
}

/** One fact per line, told apart from what curl says otherwise by its begin. */
const WRITE_OUT = [
  '%{stderr}',
  '@status %{http_code}',
  '@peer %{remote_ip} %{remote_port}',
  '@verify %{ssl_verify_result}',
  '@times %{time_namelookup} %{time_connect} %{time_appconnect} %{time_starttransfer} %{time_total}',
  '@connect %{http_connect}',
  '@redirect %{redirect_url}',
  '@error %{errormsg}',
  '',
].join('\n');

const HEAD = `set -u
umask 077
work=$(mktemp -d) && cd "$work" || exit 70
# First the loops, which write there, then the folder; this shell alone stays until the end.
trap 'trap "" TERM; kill 0; wait; cd /; rm -rf "$work"' EXIT
trap 'exit 143' TERM INT`;

const BODY = `cat /etc/ssl/certs/ca-certificates.crt ca.given > ca.pem 2> /dev/null

# One request of target $1 to the URL in $1.to; $2: headers or none; $3: its method and body, or none; $4: bytes of the body.
request() {
  : > "$1.got"
  {
    cat way.conf "$1.way"
    [ -z "$2" ] || cat "$1.headers"
    [ -z "$3" ] || cat "$1.body"
    printf 'url = "%s"\\ndump-header = "%s"\\n' "$(sed 's/["\\\\]/\\\\&/g' "$1.to")" "$1.got"
  } > "$1.conf"
  { curl --config "$1.conf" 2> "$1.err"; echo $? > "$1.exit"; } | head -c "$(($4 + 1))" > "$1.data"
  grep -E '^(@|\\* +(connect to|Trying) )' "$1.err" > "$1.notes"
  # 23: the rest of a long body was not taken.
  if [ "$(cat "$1.exit")" = 23 ]; then echo 0 > "$1.exit"; fi
}

field() {
  sed -n "s/^@$2 //p" "$1.notes" | tail -n 1
}

origin() {
  cut -d / -f 1-3 "$1"
}

# A try of target $1 with at most $2 redirects and $4 bytes of a body. Headers stay within the first origin.
try() {
  cat "$1.url" > "$1.to"
  headers=yes body=yes hops=0
  while :; do
    request "$1" "$headers" "$body" "$3"
    next=$(field "$1" redirect)
    if [ "$2" -eq 0 ] || [ -z "$next" ]; then break; fi
    if [ "$hops" -ge "$2" ]; then
      echo 47 > "$1.exit"
      break
    fi
    hops=$((hops + 1))
    case $(field "$1" status) in
      307 | 308) ;;
      *) grep -q '^head$' "$1.body" || body= ;;
    esac
    printf '%s\\n' "$next" > "$1.to"
    [ "$(origin "$1.to")" = "$(origin "$1.url")" ] || headers=
  done
  : > "$1.certs"
  # Whose certificate it was, only curl can tell, and only if it does not mind.
  if [ "$(cat "$1.exit")" = 60 ]; then
    { cat "$1.conf"; printf 'insecure\\nhead\\nwrite-out = "%%{certs}"\\noutput = "/dev/null"\\ndump-header = "/dev/null"\\n'; } |
      grep -v -E '^(request|data-raw|header|write-out = "%\\{stderr)' > "$1.look"
    curl --config "$1.look" > "$1.certs" 2> /dev/null
  fi
}

# What the try found; the same again only as a short line.
tell() {
  [ "$(cat "$1.exit")" = 0 ] || : > "$1.data"
  { cat "$1.exit" "$1.to"; grep -E '^@(status|peer|verify|error)' "$1.notes"; grep -v -i '^date:' "$1.got"; cat "$1.data"; } |
    sha256sum > "$1.sum"
  if [ -s "$1.sum" ] && [ -f "$1.told" ] && [ "$(cat "$1.told")" = "$(cat "$1.sum")" ]; then
    echo "=$1 $(field "$1" times)"
    return 1
  fi
  cat "$1.sum" > "$1.told"
  for part in exit to notes got certs data; do
    wc -c < "$1.$part"
    cat "$1.$part"
  done | base64 | tr -d '\\n' | fold -w 3000 > "$1.told64"
  # The last piece has no line feed of its own. A line of this length is written in one piece.
  while read -r piece || [ -n "$piece" ]; do echo "+$1 $piece"; done < "$1.told64"
  echo ".$1"
}

keep_asking() {
  pause=$4
  while :; do
    try "$1" "$2" "$3"
    if tell "$1"; then pause=$4; elif [ "$5" -gt "$pause" ]; then pause=$((pause * 2)); fi
    [ "$pause" -le "$5" ] || pause=$5
    sleep "$((pause / 1000)).$(printf %03d $((pause % 1000)))"
  done
}

echo "#ready $(curl --version | head -n 1)"`;
