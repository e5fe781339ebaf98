var Re=Object.defineProperty;var e=(Q,x)=>Re(Q,"name",{value:x,configurable:!0});export const id=995,ids=[995],modules={9466:((Q,x,t)=>{t.d(x,{a:e(()=>T,"a"),y:e(()=>p,"y")});var i=t(8161),h=t(6760),N=t(329);function T(u,{runId:g,env:v}){if(u.builder!=="runner")return{};const $=e(d=>v[d]||v[d.toUpperCase()]||void 0,"own");return{runner:A(u["cache-folder"],{runId:g,env:v}),proxy:{http:u["http-proxy"]??$("http_proxy"),https:u["https-proxy"]??$("https_proxy"),no:u["no-proxy"]??$("no_proxy")}}}e(T,"bakedHere");function A(u,{runId:g,env:v}){const $=v.RUNNER_TOOL_CACHE;return{folder:p(g,v),cacheFolder:u??($&&(0,h.join)($,"rke2-actions","downloads")),environment:v}}e(A,"runnerPlace");function p(u,g){return(0,N.Xs)(g.RUNNER_TEMP??(0,i.tmpdir)(),u)}e(p,"folderOf")}),5789:((Q,x,t)=>{t.d(x,{PE:e(()=>Y,"PE"),e_:e(()=>se,"e_")});var i=t(5145),h=t(2588),N=t(6120),T=t(7030),A=t(8522),p=t(8815),u=t(6351);const g=1024*1024-1024;function v(S,j,F){const X={ssh_pwauth:!1,...F.length>0&&{ssh_authorized_keys:F},write_files:S.map(M=>({path:M.name,permissions:M.mode,encoding:"gz+b64",content:m(M.content)})),runcmd:[j]};return`#cloud-config
${(0,p.As)(X,{version:"1.1",lineWidth:0})}`}e(v,"renderUserData");function $(S){const{addresses:j,gateways:F,nameservers:X}=S,M={dhcp4:!1,addresses:j,...F.length>0&&{routes:F.map(V=>({to:(0,T.isIPv6)(V)?"::/0":"0.0.0.0/0",via:V}))},...X.length>0&&{nameservers:{addresses:X}}},q={version:2,ethernets:{[S.interface??"eth0"]:M}};return(0,p.As)(q,{version:"1.1",lineWidth:0})}e($,"renderNetworkData");function d(S,j){const F=S.reduce((M,q)=>M+Buffer.byteLength(q),0);if(F<=g)return;const X=j.map(({name:M,content:q})=>({name:M,bytes:m(q).length})).sort((M,q)=>q.bytes-M.bytes).slice(0,5);throw new i.yo("BUILDER_TOO_LARGE",`The builder's cloud-init data has ${(0,u.z)(F)}; a Kubernetes Secret holds ${(0,u.z)(g)}.`,{mend:'Let the builder fetch large content: list it under "downloads" of the recipe, with its sha256.',evidence:X.map(({name:M,bytes:q})=>`${M}: ${(0,u.z)(q)} compressed`)})}e(d,"assertFits");function m(S){return(0,A.gzipSync)(S,{level:9}).toString("base64")}e(m,"packed");function f(S){return S.raw[0].replace(/\\(`|\$\{)/g,"$1")}e(f,"script");const w=f`# shellcheck shell=bash disable=SC2034
# Phase accelerate: a /dev/kvm proves nothing (facts/golden-images.md D39), only a guest that starts does. Where none
# starts with KVM, guests are emulated and the limits are the longer ones.

phase_accelerate() {
  local reason
  if [ ! -e /dev/kvm ]; then
    emulate 'this machine has no /dev/kvm'
  elif start_with_kvm; then
    ACCELERATION=kvm
    reason='a guest started with KVM'
    say "Acceleration: $reason"
    mark_twice "{\"mark\":\"acceleration\",\"kind\":\"kvm\",\"reason\":$(json_string "$reason")}"
  else
    emulate "a guest does not start with KVM: $(kvm_words)"
  fi
  percent 100
}

emulate() {
  ACCELERATION=tcg
  export LIBGUESTFS_BACKEND_SETTINGS=force_tcg
  say "Acceleration: none, guests are emulated (slow): $1"
  mark_twice "{\"mark\":\"acceleration\",\"kind\":\"tcg\",\"reason\":$(json_string "$1")}"
}

# Starts an empty guest and watches its console: a broken KVM dies at once or says nothing for ever, a slow machine is
# seen to boot. So the wait is short for silence and long for progress. Building the appliance has its own, longer wait.
start_with_kvm() {
  local log=$WORK/kvm.log pid stage=build deadline=$((SECONDS + 180)) status=0
  guestfish -v -a /dev/null run </dev/null >"$log" 2>&1 &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    if grep -qE 'KVM internal error|emulation failure|alling back to tcg|Could not access KVM' "$log"; then break; fi
    case $stage in
      build) ! grep -q -e '-append "' "$log" || { stage=silent deadline=$((SECONDS + KVM_SILENCE)); } ;;
      silent) ! grep -q 'Linux version' "$log" || { stage=boot deadline=$((SECONDS + 60)); } ;;
    esac
    [ "$SECONDS" -lt "$deadline" ] || break
    sleep 0.2
  done
  if kill "$pid" 2>/dev/null; then
    wait "$pid" 2>/dev/null || true
    return 1
  fi
  wait "$pid" || status=$?
  return "$status"
}

kvm_words() {
  grep -hoE 'failed to set MSR.*|KVM internal error.*|emulation failure.*|Could not access KVM.*|guestfs_launch failed.*' "$WORK/kvm.log" |
    head -n 1 | cut -c 1-160 | grep . || printf 'it was silent for %s s' "$KVM_SILENCE"
}
`,s=f`#!/bin/bash
# Bakes a golden image in this machine, phase by phase, and stops at the first thing that fails, saying what it was.
# usage: bake.sh [PHASE...]    without arguments: all phases, in order
# Settings and files lie beside it, in the folder above (settings.env, stage/, commands, …). Outside of a virtual machine:
# RKE2A_CONSOLE, RKE2A_LOG (instead of the serial console and /var/log; a console "-" is stdout, an empty log none),
# RKE2A_HOME (instead of root's), RKE2A_BIND (address of the server).
# shellcheck disable=SC2034 # the parts that are sourced use what is set here
set -Eeuo pipefail
umask 077
export HOME=\${RKE2A_HOME:-/root} LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

BIN=$(cd "$(dirname "\${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname "$BIN")
STAGE=$ROOT/stage
WORK=$ROOT/work
SERVED=$ROOT/served
CONSOLE=\${RKE2A_CONSOLE:-/dev/ttyS0}
LOG=\${RKE2A_LOG-/var/log/rke2-actions-bake.log}
readonly BIN ROOT STAGE WORK SERVED CONSOLE LOG

# shellcheck source=/dev/null
. "$ROOT/settings.env"
for part in marks prepare download accelerate customize compress probe hash serve; do
  # shellcheck source=/dev/null
  . "$BIN/$part.sh"
done

mkdir -p "$WORK/tmp" "$SERVED"
export TMPDIR=$WORK/tmp LIBGUESTFS_BACKEND=direct
open_console
trap 'note_failure $? "$LINENO" "\${BASH_SOURCE[0]##*/}" "$BASH_COMMAND"' ERR
trap 'report_failure $?' EXIT
trap 'fail "The bake was stopped by a signal."' TERM INT HUP
quiet_kernel

[ $# -gt 0 ] || set -- prepare download accelerate customize compress probe hash serve
for phase; do
  begin_phase "$phase"
  "phase_$phase"
done

# Nobody serves the image of a bake that ends here: it stays where it is.
[ "$phase" != hash ] || announce_image
`,E=f`# shellcheck shell=bash
# Phase compress: free blocks are dropped in place, then the image is written anew, compact and on its own
# (facts/harvester.md §8.3). Longhorn takes only sizes that are a multiple of 512.

phase_compress() {
  local status=0
  local -a how=()
  limited virt-sparsify --in-place --format qcow2 "$WORK/image.qcow2" || fail 'virt-sparsify failed; its own words are above.'
  percent 40
  [ "$COMPRESS" = no ] || how=(-c)
  say 'Writing the final image'
  timeout --kill-after=10 "$(time_left)" qemu-img convert -p -f qcow2 -O qcow2 "\${how[@]}" "$WORK/image.qcow2" "$WORK/golden.qcow2" |
    tr '\r' '\n' | convert_progress || status=$?
  explain_limit "$status"
  [ "$status" -eq 0 ] || fail "qemu-img convert exited with $status; its own words are above."
  rm "$WORK/image.qcow2"
  truncate --size=%512 "$WORK/golden.qcow2"
  percent 100
}

convert_progress() {
  local line
  while IFS= read -r line; do
    [[ $line =~ \(([0-9]+)\.[0-9]+/100%\) ]] || continue
    [ "\${BASH_REMATCH[1]}" -ge 100 ] || percent $((40 + BASH_REMATCH[1] * 6 / 10))
  done
}
`,r=f`# shellcheck shell=bash disable=SC2034
# Phase customize: the recipe's commands, run in the image by virt-customize (facts/harvester.md §8.2). customize-log.py
# turns its output into steps; the step that failed is named, with the last lines it wrote.

phase_customize() {
  local status=0
  use_base
  grow_disk
  sed "s#@STAGE@#$STAGE#g" "$ROOT/commands" >"$WORK/commands"
  virt_customize_options
  # Verbose, because only then the console of the appliance is shown, where the steps write.
  timeout --kill-after=10 "$(time_left)" virt-customize --verbose "\${OPTIONS[@]}" 2>&1 </dev/null |
    python3 "$BIN/customize-log.py" "$ROOT/steps.tsv" "$WORK/step" "$WORK/step-error" "$WORK/updates" || status=$?
  STEP=$(cat "$WORK/step")
  explain_limit "$status"
  [ "$status" -eq 0 ] || fail "$(cat "$WORK/step-error")"
  STEP=''
  percent 100
}

# A base that refers to other files would read the builder's own.
use_base() {
  local size
  qemu-img info --output=json "$WORK/base.qcow2" >"$WORK/base.json"
  if grep -qE '"(backing-filename|data-file)"' "$WORK/base.json"; then
    fail 'The base image refers to another file (backing or data file); it must stand alone.'
  fi
  size=$(stat -c %s "$WORK/base.qcow2")
  need_space $((2 * size + MINIMUM_FREE)) 'change and compress the image'
  mv "$WORK/base.qcow2" "$WORK/image.qcow2"
}

virtual_size() { qemu-img info --output=json "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["virtual-size"])'; }

# The partition follows at the first boot (growpart, from cloud-init).
grow_disk() {
  local now
  now=$(virtual_size "$WORK/image.qcow2")
  [ "$VIRTUAL_SIZE" -gt "$now" ] || return 0
  say "Growing the disk from $(mebibytes "$now") to $(mebibytes "$VIRTUAL_SIZE")"
  qemu-img resize "$WORK/image.qcow2" "$VIRTUAL_SIZE"
}

virt_customize_options() {
  local cpus memory total known
  cpus=$(nproc)
  total=$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)
  memory=$((total / 2))
  [ "$memory" -le 4096 ] || memory=4096
  known=$(virt-customize --help)
  OPTIONS=(--format qcow2 --add "$WORK/image.qcow2" --network --smp "$((cpus < 8 ? cpus : 8))" --memsize "$memory")
  [[ $known != *--no-logfile* ]] || OPTIONS+=(--no-logfile)
  # The recipe relabels by its own step, whose failure is one; virt-customize would leave /.autorelabel instead.
  [[ $known != *--no-selinux-relabel* ]] || OPTIONS+=(--no-selinux-relabel)
  OPTIONS+=(--commands-from-file "$WORK/commands")
}
`,_=f`"""Reads the verbose output of virt-customize on stdin and says what matters of it: a step mark for each command, the
lines that steps write to the appliance's console, warnings, and on failure the last lines of the step that failed.
usage: customize-log.py STEPS-FILE STEP-FILE ERROR-FILE UPDATES-FILE
STEPS-FILE has "id<tab>title" per command. STEP-FILE gets the id of the running step, ERROR-FILE why it failed.
UPDATES-FILE gets the pending security updates that a step listed; it is written only when that list is complete."""
import collections
import json
import re
import sys
import time

# "[  12.3] Running: x": virt-customize's own. The kernel of the appliance writes six decimals.
PROGRESS = re.compile(r'^\[ *\d+\.\d\] (.*)')
# On a busy machine its messages come in the middle of a line that the appliance has not ended yet.
LATE_PROGRESS = re.compile(r'^(.+?)(\[ *\d+\.\d\] (?:Running|Copying|Uploading|Making directory): .*)')
# A step's script carries its id, which tells it even when a message was lost.
STEP_SCRIPT = re.compile(r'/steps/\d+-([\w-]+)\.sh\b')
# What virt-customize does besides the commands it was given (customize_run.ml).
OWN_STEPS = re.compile(r'^(Examining the guest|Setting a random seed|Setting the machine ID|Setting passwords|'
                       r'SELinux relabelling|Scrubbing the log file|Finishing off)')
STEP_OUTPUT = 'R2A| '
PENDING = 'pending security update: '
PENDING_END = 'pending security updates: '
OWN_WORDS = re.compile(r'^virt-customize: (error|warning): ')
# After a failure virt-customize asks for the log of the command; what it prints next is that log.
LOG_ASKED = re.compile(r'^guestfsd: <= download ')
NOISE = re.compile(r'^(guestfsd|libguestfs|commandrvf?|umount-all|udevadm|command|supermin|SELinux enabled state|'
                   r'No filesystem is currently|Failed to determine unit|running command|renaming |\[ *\d+\.\d{6}\])')
ANSI = re.compile(r'\x1b\[[0-9;?]*[A-Za-z]')


class Steps:
    def __init__(self, path):
        with open(path, encoding='utf-8') as file:
            self.steps = [line.rstrip('\n').split('\t', 1) for line in file if line.strip()]
        self.current = 0
        self.said = 0.0

    def named_in(self, text):
        """The place of the step whose script the text names, or None."""
        script = STEP_SCRIPT.search(text)
        places = [at for at, step in enumerate(self.steps) if script and step[0] == script.group(1)]
        return places[0] if places else None

    def begin(self, text):
        """Commands run in order, one message each."""
        named = self.named_in(text)
        if named is not None:
            self.current = named
        if self.current >= len(self.steps):
            print(text, flush=True)
            return None
        identity, title = self.steps[self.current]
        self.current += 1
        total = len(self.steps)
        print(f'step {self.current} of {total}: {title}')
        mark({'mark': 'step', 'id': identity, 'title': title, 'index': self.current, 'total': total})
        if time.monotonic() - self.said >= 3:
            self.said = time.monotonic()
            mark({'mark': 'phase', 'phase': 'customize', 'percent': (self.current - 1) * 100 // total})
        return identity


def mark(value):
    print('@@rke2-actions@@ ' + json.dumps(value, separators=(',', ':')), flush=True)


def lines_of(stream):
    for raw in stream:
        line = ANSI.sub('', raw.decode('utf-8', 'replace')).rstrip()
        late = LATE_PROGRESS.match(line)
        yield from late.groups() if late else (line,)


def write(path, text):
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def main():
    steps_path, step_path, error_path, updates_path = sys.argv[1:5]
    steps = Steps(steps_path)
    last = collections.deque(maxlen=20)
    said = ''
    pending = []
    write(step_path, '')
    write(error_path, 'virt-customize ended without saying why.')
    for line in lines_of(sys.stdin.buffer):
        progress = PROGRESS.match(line)
        if progress:
            last.clear()
            said = ''
            text = progress.group(1)
            if OWN_STEPS.match(text):
                print(text, flush=True)
            else:
                write(step_path, steps.begin(text) or '')
        elif line.startswith(STEP_OUTPUT):
            said = line[len(STEP_OUTPUT):]
            if said.startswith(PENDING):
                pending.append(said[len(PENDING):])
            elif said == PENDING_END + str(len(pending)):
                write(updates_path, ''.join(item + '\n' for item in pending))
            print('  ' + said, flush=True)
        elif OWN_WORDS.match(line):
            if ' error: ' in line:
                failed = steps.named_in(line)
                if failed is not None:
                    write(step_path, steps.steps[failed][0])
                # What the step wrote to the console has been shown already.
                for before in () if said else last:
                    print('  ' + before)
                closing = said or (last[-1] if last else '')
                write(error_path, line + (f'; its last line: {closing}' if closing else ''))
            print(line, flush=True)
        elif LOG_ASKED.match(line):
            last.clear()
        elif line and not NOISE.match(line):
            last.append(line)


main()
`,y=f`# shellcheck shell=bash disable=SC2034
# Phase download: the base image and the recipe's locked downloads, resumed where they broke off, each held against its
# sha256. URLs may carry credentials: they reach curl through a file, and the log without user, password and query.

phase_download() {
  local sum url name path
  fetch "$BASE_URL" "$WORK/base.qcow2" "$BASE_SHA256" 'the base image' qcow2
  while IFS=$'\t' read -r sum name path url; do
    STEP="download $path"
    mkdir -p "$(dirname "$STAGE/$name")"
    fetch "$url" "$STAGE/$name" "$sum" "$path" any
  done <"$ROOT/downloads.tsv"
  STEP=''
  percent 100
}

# fetch URL FILE SHA256 TITLE KIND
fetch() {
  local url=$1 file=$2 sum=$3 title=$4 kind=$5 actual attempt
  say "Downloading $title from $(public_url "$url")"
  for attempt in 1 2 3 4 5; do
    ! fetch_once "$url" "$file" "$title" || break
    [ "$attempt" -lt 5 ] || fail_as DOWNLOAD_FAILED "Downloading $title failed five times; last: $(curl_words)"
    say "attempt $attempt of 5 failed: $(curl_words); next in $((attempt * DOWNLOAD_PAUSE)) s"
    sleep $((attempt * DOWNLOAD_PAUSE))
  done
  [ "$kind" = any ] || must_be_qcow2 "$file" "$title" "$url"
  actual=$(sha256sum "$file" | cut -d ' ' -f 1)
  [ "$actual" = "$sum" ] || fail_as DOWNLOAD_CHECKSUM_MISMATCH "The sha256 of $title is $actual, expected was $sum ($(stat -c %s "$file") bytes from $(public_url "$url"))."
  say "$title: $(mebibytes "$(stat -c %s "$file")"), sha256 $actual"
}

# One attempt; goes on where the last one stopped. Returns 1 where another one may help, fails where not.
fetch_once() {
  local url=$1 file=$2 title=$3 status=0 code pid
  rm -f "$WORK/headers"
  curl_settings "$url" "$file" >"$WORK/curl.conf"
  curl --config "$WORK/curl.conf" >"$WORK/curl.code" 2>"$WORK/curl.error" &
  pid=$!
  watch_download "$pid" "$file" "$title"
  wait "$pid" || status=$?
  code=$(cat "$WORK/curl.code")
  case $status in
    0) return 0 ;;
    33 | 36) rm -f "$file" ;; # the server does not resume: from the start, then
    22) case $code in
        416) rm -f "$file" ;;
        408 | 425 | 429 | 5??) ;;
        *) fail_as DOWNLOAD_FAILED "Downloading $title: the server answered $code for $(public_url "$url")." ;;
      esac ;;
    3 | 60 | 67 | 51 | 58 | 77) fail_as DOWNLOAD_FAILED "Downloading $title: $(curl_words)" ;;
    28) [ "$(time_left)" -gt 1 ] || explain_limit 124 ;;
  esac
  return 1
}

curl_settings() {
  local quoted=\${1//\\/\\\\}
  cat <<SETTINGS
url = "\${quoted//\"/\\\"}"
output = "$2"
dump-header = "$WORK/headers"
write-out = "%{http_code}"
continue-at = -
fail
location
silent
show-error
globoff
proto = =http,https
connect-timeout = 20
speed-limit = 1
speed-time = 60
max-time = $(time_left)
SETTINGS
}

# The first line says what happened, more may follow with advice.
curl_words() { public_text <"$WORK/curl.error" | awk '/^curl: / { print; exit }'; }

# Progress by the size of the file: curl's own meter is made for terminals.
watch_download() {
  local pid=$1 file=$2 total='' size known=''
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.3
    size=$(stat -c %s "$file" 2>/dev/null || echo 0)
    total=$(expected_size)
    [ "\${total:-0}" -gt 0 ] || continue
    if [ -z "$known" ]; then
      known=yes
      room_for "$total" "$size" "$3" "$pid"
    fi
    [ "$file" != "$WORK/base.qcow2" ] || [ "$size" -ge "$total" ] || percent $((size * 100 / total))
  done
}

# Of the last answer, redirects before it: the whole size, also where only the rest is sent.
expected_size() {
  [ -s "$WORK/headers" ] || return 0
  tr -d '\r' <"$WORK/headers" | awk '
    /^HTTP\// { status = $2; size = "" }
    tolower($1) == "content-length:" && status == 200 { size = $2 }
    tolower($1) == "content-range:" { split($0, part, "/"); size = part[2] }
    END { if (size ~ /^[0-9]+$/) print size }'
}

# A full disk is foreseen, not run into.
room_for() {
  local needed=$(($1 - $2)) free
  free=$(free_bytes "$WORK")
  [ "$free" -lt "$needed" ] || return 0
  kill "$4" 2>/dev/null || true
  wait "$4" 2>/dev/null || true
  fail_as BUILDER_DISK_FULL "Not enough space to download $3: $(mebibytes "$free") free below $ROOT, $(mebibytes "$needed") needed. Give the builder a larger disk."
}

must_be_qcow2() {
  local magic first
  magic=$(head -c 4 "$1" | od -An -tx1 | tr -d ' \n')
  [ "$magic" != 514649fb ] || return 0
  first=$(head -c 200 "$1" | tr -d '\000' | tr -c '[:print:]' ' ' | tr -s ' ')
  case $magic in
    3c*) fail_as BASE_NOT_QCOW2 "Downloading $2: $(public_url "$3") gave a web page, not a qcow2 image. It begins with: \${first:0:80}" ;;
    1f8b* | fd377a58 | 28b52ffd) fail_as BASE_NOT_QCOW2 "Downloading $2: $(public_url "$3") is a compressed file, not a qcow2 image." ;;
    *) fail_as BASE_NOT_QCOW2 "Downloading $2: $(public_url "$3") is not a qcow2 image. It begins with: \${first:0:80}" ;;
  esac
}

public_text() { sed -E 's#(https?://)[^/@ ]*@#\1#g; s#(https?://[^? ]*)\?[^ ]*#\1?…#g'; }

public_url() { public_text <<<"$1"; }
`,L=f`# shellcheck shell=bash disable=SC2034
# Phase hash: what the importer checks the image against; sha512 is Harvester's, sha256 the rest of the world's.

phase_hash() {
  local golden=$WORK/golden.qcow2
  SIZE=$(stat -c %s "$golden")
  [ $((SIZE % 512)) -eq 0 ] || fail "The image has $SIZE bytes, not a multiple of 512."
  IMAGE_VIRTUAL_SIZE=$(virtual_size "$golden")
  SHA256=$(limited sha256sum "$golden" | cut -d ' ' -f 1)
  percent 50
  SHA512=$(limited sha512sum "$golden" | cut -d ' ' -f 1)
  say "golden.qcow2: $(mebibytes "$SIZE"), virtual $(mebibytes "$IMAGE_VIRTUAL_SIZE"), sha256 $SHA256"
  percent 100
}

# announce_image [MEMBERS]: what was made; MEMBERS say where it is served.
announce_image() {
  mark_twice "{\"mark\":\"result\",\"sha512\":\"$SHA512\",\"sha256\":\"$SHA256\",\"size\":$SIZE,\"virtualSize\":$IMAGE_VIRTUAL_SIZE\${1:+,$1}}"
}
`,P=f`# shellcheck shell=bash disable=SC2034
# The words of the bake: readable lines, marks for the machine that reads the console (src/bake/marks.ts), and the one way
# to fail. All output goes through relay.py, the only writer of the console.
PHASE='' PHASE_BEGAN=0 STEP='' FAILURE='' FAILURE_CODE='' ACCELERATION='' LAST_PERCENT=-1 LAST_PERCENT_AT=-10

open_console() {
  if ! command -v python3 >/dev/null; then
    printf '\n@@rke2-actions@@ {"mark":"error","phase":"prepare","message":"python3 is not installed.","exit":1}\n' >"$CONSOLE"
    exit 1
  fi
  if [ "$CONSOLE" = - ]; then
    exec > >(exec python3 "$BIN/relay.py" - "$LOG" "$SERVED/status.json" "$ROOT/secrets" 2>/dev/null) 2>&1
    return
  fi
  # A session of its own: the relay goes on for the server after this script and cloud-init have ended.
  exec > >(exec setsid python3 "$BIN/relay.py" "$CONSOLE" "$LOG" "$SERVED/status.json" "$ROOT/secrets" >/dev/null 2>&1) 2>&1
}

# Kernel messages would cut marks in two. Not in a container, whose kernel is somebody else's.
quiet_kernel() {
  [ -z "\${container:-}" ] && [ "$CONSOLE" = /dev/ttyS0 ] || return 0
  dmesg --console-level 1 || true
}

say() { printf '%s\n' "$*"; }

mark() { printf '@@rke2-actions@@ %s\n' "$1"; }

# Said twice, since a line of somebody else may fall into one; the reader takes it once.
mark_twice() {
  mark "$1"
  mark "$1"
}

json_string() {
  local text=\${1//\\/\\\\}
  text=\${text//\"/\\\"}
  text=\${text//$'\n'/\\n}
  text=\${text//$'\t'/ }
  printf '"%s"' "\${text//[$'\001'-$'\037']/}"
}

begin_phase() {
  PHASE=$1 PHASE_BEGAN=$SECONDS STEP='' LAST_PERCENT=-1 LAST_PERCENT_AT=-10
  say "== $1"
  percent 0
}

# percent N: at most one mark every three seconds, except for the ends.
percent() {
  [ "$1" -ne "$LAST_PERCENT" ] || return 0
  [ "$1" -eq 0 ] || [ "$1" -eq 100 ] || [ $((SECONDS - LAST_PERCENT_AT)) -ge 3 ] || return 0
  LAST_PERCENT=$1 LAST_PERCENT_AT=$SECONDS
  mark "{\"mark\":\"phase\",\"phase\":\"$PHASE\",\"percent\":$1}"
}

fail() {
  FAILURE=$*
  exit 1
}

# fail_as CODE MESSAGE: a failure with a code of its own (src/bake/marks.ts has the list).
fail_as() {
  FAILURE_CODE=$1
  shift
  fail "$@"
}

# The message of a command that failed unforeseen; what a function called \`fail\` with goes before it.
note_failure() {
  [ -n "$FAILURE" ] || FAILURE="$3 line $2: \"$4\" exited with $1."
}

report_failure() {
  local status=$1 step='' code=''
  [ "$status" -ne 0 ] || return 0
  trap - ERR
  [ -z "$STEP" ] || step="\"step\":$(json_string "$STEP"),"
  [ -z "$FAILURE_CODE" ] || code="\"code\":\"$FAILURE_CODE\","
  say "FAILED in $PHASE\${STEP:+, step $STEP}: $FAILURE"
  mark_twice "{\"mark\":\"error\",\"phase\":\"$PHASE\",$step$code\"message\":$(json_string "\${FAILURE:0:2000}"),\"exit\":$status}"
}

# limit_of PHASE: seconds, by how fast guests run here.
limit_of() {
  local name=LIMIT_\${1^^}_\${ACCELERATION:-kvm}
  name=\${name^^}
  printf '%s' "\${!name}"
}

# Seconds of the phase's limit that are left; at least one, since 0 would mean "for ever".
time_left() {
  local left=$(($(limit_of "$PHASE") - (SECONDS - PHASE_BEGAN)))
  printf '%s' $((left > 0 ? left : 1))
}

# limited COMMAND...: under the time limit of the phase; fails with the limit's own message when that ran out.
limited() {
  local status=0
  timeout --kill-after=10 "$(time_left)" "$@" || status=$?
  explain_limit "$status"
  return "$status"
}

# 124 is timeout's answer to a command that ended at its signal, 137 to one that had to be killed.
explain_limit() {
  case $1 in
    124 | 137) fail "The phase $PHASE took longer than its limit of $(limit_of "$PHASE") s\${ACCELERATION:+ (guests run with $ACCELERATION)}." ;;
  esac
}

# free_bytes FOLDER
free_bytes() { df --output=avail -B1 "$1" | tail -n 1 | tr -d ' '; }

mebibytes() { printf '%s MiB' $(($1 / 1048576)); }
`,J=f`# shellcheck shell=bash
# Phase prepare: this machine says where it is, trusts the recipe's authorities, gets the tools it lacks (dnf on Rocky,
# apt on Debian; from the recipe's mirrors alone where it has some), and is big enough. The server starts first: status.json
# and log tell of the bake from the beginning.

phase_prepare() {
  say "Baking $RECIPE, run $RUN_ID, on $(hostname), kernel $(uname -r), $(nproc) CPUs"
  announce_addresses
  open_port
  start_server
  check_memory
  need_space "$MINIMUM_FREE" 'begin'
  trust_certificates
  install_tools
  percent 100
}

# Every global address of every interface: which of them the importer can reach is not known here.
announce_addresses() {
  local addresses
  addresses=$(ip -o addr show scope global | awk '{ split($4, part, "/"); printf "%s\"%s\"", (NR > 1 ? "," : ""), part[1] }')
  mark "{\"mark\":\"address\",\"addresses\":[$addresses]}"
}

check_memory() {
  local total
  total=$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)
  [ "$total" -ge 1800 ] || fail "The builder has $total MiB of memory; a bake needs 2048 MiB, 4096 MiB are better."
}

# need_space BYTES WHAT-FOR
need_space() {
  local free
  free=$(free_bytes "$WORK")
  [ "$free" -ge "$1" ] || fail_as BUILDER_DISK_FULL "Not enough space to $2: $(mebibytes "$free") free below $ROOT, $(mebibytes "$1") needed. Give the builder a larger disk."
}

trust_certificates() {
  local certificate found='' anchors
  for certificate in "$ROOT"/ca/*.crt; do [ ! -f "$certificate" ] || found=yes; done
  [ -n "$found" ] || return 0
  if command -v update-ca-trust >/dev/null; then
    anchors=/etc/pki/ca-trust/source/anchors
  else
    anchors=/usr/local/share/ca-certificates
  fi
  mkdir -p "$anchors"
  install -m 0644 "$ROOT"/ca/*.crt "$anchors/"
  if command -v update-ca-trust >/dev/null; then update-ca-trust extract; else update-ca-certificates; fi
}

missing_tools() {
  local tool
  for tool in curl ip qemu-img guestfish virt-customize virt-sparsify; do
    command -v "$tool" >/dev/null || printf '%s\n' "$tool"
  done
}

install_tools() {
  local missing
  missing=$(missing_tools)
  [ -n "$missing" ] || return 0
  stay_inside "$missing"
  say "Installing what is missing: \${missing//$'\n'/ }"
  if command -v dnf >/dev/null; then
    install_with_dnf "$missing"
  elif command -v apt-get >/dev/null; then
    install_with_apt
  else
    fail "Missing on the builder: \${missing//$'\n'/ }; and it has neither dnf nor apt-get."
  fi
  missing=$(missing_tools)
  [ -z "$missing" ] || fail "Still missing after the installation: \${missing//$'\n'/ }."
}

# In an air gap this machine's own repositories are no place to ask.
stay_inside() {
  [ "$AIR_GAPPED" = yes ] || return 0
  if [ -d "$ROOT/repos" ] && command -v dnf >/dev/null; then return 0; fi
  fail "Missing on the builder: \${1//$'\n'/ }; and the recipe is air-gapped without a mirror that this machine could install them from. Let the builder boot from an image that has them (builder-image)."
}

# By path: which package holds a tool differs between releases. libguestfs-xfs is what makes GenericCloud's root readable;
# where it is no package of its own, strict=0 passes over it.
install_with_dnf() {
  local -a paths
  mapfile -t paths < <(sed 's#^#/usr/bin/#; s#^/usr/bin/ip$#/usr/sbin/ip#' <<<"$1")
  local -a dnf=(dnf -y --setopt=install_weak_deps=False)
  # Its own repositories are left as they are, and left out.
  [ ! -d "$ROOT/repos" ] || dnf+=("--setopt=reposdir=$ROOT/repos")
  limited "\${dnf[@]}" install "\${paths[@]}" || fail "dnf could not install \${paths[*]}; its own words are above."
  limited "\${dnf[@]}" --setopt=strict=0 install libguestfs-xfs || fail 'dnf could not install libguestfs-xfs; its own words are above.'
}

install_with_apt() {
  local -a packages=(curl ca-certificates iproute2 qemu-utils guestfs-tools libguestfs-tools linux-image-amd64)
  export DEBIAN_FRONTEND=noninteractive
  limited apt-get -q update || fail 'apt-get update failed; its own words are above.'
  limited apt-get -q -y --no-install-recommends install "\${packages[@]}" || fail "apt-get could not install \${packages[*]}; its own words are above."
}

open_port() {
  command -v firewall-cmd >/dev/null && firewall-cmd --state >/dev/null 2>&1 || return 0
  firewall-cmd --add-port="$PORT/tcp"
}

start_server() {
  setsid python3 "$BIN/server.py" "\${RKE2A_BIND:-::}" "$PORT" "$ROOT/token" "$SERVED" </dev/null &
  local pid=$!
  echo "$pid" >"$ROOT/server.pid"
  for _ in {1..50}; do
    sleep 0.1
    kill -0 "$pid" 2>/dev/null || fail "The image server could not listen on port $PORT; its own words are above."
    if (: <"/dev/tcp/\${RKE2A_BIND:-127.0.0.1}/$PORT") 2>/dev/null; then return 0; fi
  done
  fail "The image server does not answer on port $PORT."
}
`,R=f`# shellcheck shell=bash
# Phase probe: facts about the final image, the very bytes that will be imported, printed on the console in numbered
# chunks. Judging them is not done here (DESIGN §2 rule 2).

phase_probe() {
  local facts=$WORK/facts.json
  local -a updates=()
  # What only the bake could know; without the list the proof says so.
  [ ! -e "$WORK/updates" ] || updates=(--updates "$WORK/updates")
  if ! limited bash "$STAGE/$PROBE" "$WORK/golden.qcow2" "\${updates[@]}" >"$facts" 2>"$WORK/probe.error" </dev/null; then
    tail -n 20 "$WORK/probe.error"
    fail "The probe failed: $(tail -n 1 "$WORK/probe.error")"
  fi
  [ -s "$facts" ] || fail 'The probe wrote no facts.'
  send_document facts "$facts"
  percent 100
}

# Twice over, so that a line lost in the noise of a console is made up for.
send_document() {
  local name=$1 file=$2 index round
  local -a chunks
  mapfile -t chunks < <(gzip -9nc "$file" | base64 -w 900)
  for round in 1 2; do
    for index in "\${!chunks[@]}"; do
      mark "{\"mark\":\"chunk\",\"name\":\"$name\",\"index\":$index,\"total\":\${#chunks[@]},\"data\":\"\${chunks[index]}\"}"
    done
    percent $((round * 45))
  done
  mark_twice "{\"mark\":\"sum\",\"name\":\"$name\",\"sha256\":\"$(sha256sum "$file" | cut -d ' ' -f 1)\",\"bytes\":$(stat -c %s "$file")}"
}
`,C=f`"""The one writer of the console: copies stdin, line by line, to the serial console and the log, takes secrets out, and
keeps status.json and, for who reads over HTTP instead, a copy of the console beside it. A serial console must never stop the
bake: when it is gone or does not drain, lines are lost instead. A console "-" is stdout, and whoever reads there is what the
bake is for: when it is gone, the bake ends.
usage: relay.py CONSOLE LOG STATUS-FILE SECRETS-FILE"""
import collections
import json
import os
import select
import sys
import time

PREFIX = '@@rke2-actions@@ '
LONGEST = 8192


class Console:
    """Opened anew for each line: a login prompt that starts hangs up all who have the terminal open."""

    def __init__(self, path):
        self.path = path

    def write(self, line):
        data = line.encode()
        try:
            flags = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_APPEND
            if not self.path.startswith('/dev/'):
                flags |= os.O_CREAT
            target = os.open(self.path, flags, 0o600)
        except OSError:
            return
        try:
            while data:
                if not select.select([], [target], [], 10)[1]:
                    return
                data = data[os.write(target, data):]
        except OSError:
            pass
        finally:
            os.close(target)


class Feed:
    """What /<token>/log says: the console's lines, marks and all."""

    def __init__(self, path):
        self.file = open(path, 'a', encoding='utf-8', errors='replace')

    def write(self, line):
        try:
            self.file.write(line)
            self.file.flush()
        except OSError:
            pass


class Reader:
    """Whoever started the bake and reads our stdout."""

    def write(self, line):
        try:
            sys.stdout.buffer.write(line.encode())
            sys.stdout.buffer.flush()
        except OSError:
            os._exit(1)  # what the bake says next meets a closed pipe


class Status:
    """What /<token>/status.json says: where the bake is, why it failed, its last lines."""

    def __init__(self, path):
        self.path = path
        self.lines = collections.deque(maxlen=50)
        self.state = {'schemaVersion': 1, 'phase': None, 'step': None, 'percent': None, 'error': None, 'done': False}
        self.stale = True

    def mark(self, mark):
        kind = mark.get('mark')
        if kind == 'phase':
            if mark.get('phase') != self.state['phase']:
                self.state.update(step=None)
            self.state.update(phase=mark.get('phase'), percent=mark.get('percent'))
        elif kind == 'step':
            self.state.update(step=mark.get('id'))
        elif kind == 'error':
            self.state.update(error=mark.get('message'), step=mark.get('step'))
        elif kind == 'result':
            self.state.update(done=True, **{key: mark.get(key) for key in ('sha512', 'sha256', 'size', 'virtualSize')})
        self.stale = True
        if kind in ('error', 'result'):
            self.save()

    def save(self):
        if not self.stale:
            return
        self.stale = False
        draft = self.path + '.new'
        try:
            with open(draft, 'w', encoding='utf-8') as file:
                json.dump({**self.state, 'lines': list(self.lines)}, file)
            os.replace(draft, self.path)
        except OSError:
            pass


class Relay:
    def __init__(self, console, log, status, secrets):
        self.console = Reader() if console == '-' else Console(console)
        self.status = Status(status)
        self.feed = Feed(os.path.join(os.path.dirname(status), 'log'))
        self.log = open(log, 'a', encoding='utf-8', errors='replace') if log else None
        with open(secrets, encoding='utf-8') as file:
            self.secrets = sorted((line for line in file.read().splitlines() if line), key=len, reverse=True)

    def redact(self, text):
        for secret in self.secrets:
            text = text.replace(secret, '***')
        return text

    def line(self, raw):
        text = raw.decode('utf-8', 'replace').rstrip('\r')[:LONGEST]
        if text.startswith(PREFIX):
            self.mark(text)
        elif text.strip():
            text = self.redact(text)
            self.console.write(text + '\n')
            self.feed.write(text + '\n')
            self.keep(text)
            self.status.lines.append(text)
            self.status.stale = True

    def mark(self, text):
        try:
            mark = json.loads(text[len(PREFIX):])
        except ValueError:
            return
        # The result names the secret path: for the console's reader alone, never for the log.
        if mark.get('mark') != 'result':
            text = self.redact(text)
            if mark.get('mark') != 'chunk':
                self.keep(text)
                mark = json.loads(text[len(PREFIX):])
        # A prompt without a line end may stand on the terminal.
        self.console.write('\n' + text + '\n' if mark.get('mark') in ('error', 'result') else text + '\n')
        self.feed.write(text + '\n')
        self.status.mark(mark)

    def keep(self, text):
        if self.log:
            try:
                self.log.write(text + '\n')
                self.log.flush()
            except OSError:
                pass


def main():
    relay = Relay(*sys.argv[1:5])
    rest, saved = b'', 0.0
    while True:
        ready, _, _ = select.select([0], [], [], 1)
        if ready:
            data = os.read(0, 65536)
            *lines, rest = (rest + data).split(b'\n')
            for line in lines:
                relay.line(line)
            if len(rest) > 65536 or (not data and rest):
                relay.line(rest)
                rest = b''
            if not data:
                break
        if time.monotonic() - saved >= 0.5:
            relay.status.save()
            saved = time.monotonic()
    relay.status.save()


main()
`,z=f`# shellcheck shell=bash
# Phase serve: the image is put where the server finds it, asked for as an importer would, and announced. The server goes
# on until the machine is deleted.

phase_serve() {
  mv "$WORK/golden.qcow2" "$SERVED/golden.qcow2"
  ask_for_image
  announce_addresses
  percent 100
  say 'The image is served until this machine is deleted.'
  mark_twice "{\"mark\":\"result\",\"sha512\":\"$SHA512\",\"sha256\":\"$SHA256\",\"size\":$SIZE,\"virtualSize\":$IMAGE_VIRTUAL_SIZE,\"port\":$PORT,\"path\":\"/$(cat "$ROOT/token")/golden.qcow2\"}"
}

# The path is a secret: it reaches curl through a file.
ask_for_image() {
  local length
  printf 'url = "http://%s:%s/%s/golden.qcow2"\n' "\${RKE2A_BIND:-127.0.0.1}" "$PORT" "$(cat "$ROOT/token")" >"$WORK/curl.conf"
  length=$(curl --config "$WORK/curl.conf" --noproxy '*' --silent --show-error --fail --head --max-time 10 --retry 5 --retry-connrefused |
    tr -d '\r' | awk 'tolower($1) == "content-length:" { print $2 }') || fail "The image server does not answer on port $PORT."
  [ "$length" = "$SIZE" ] || fail "The image server announces $length bytes, the image has $SIZE."
}
`,K=f`"""Serves three files under a secret path, to whoever knows it: golden.qcow2, status.json and log below /<token>/. HEAD, byte
ranges and kept connections, as importers want them (facts/harvester.md §1.8); everything else is "not found".
usage: server.py ADDRESS PORT TOKEN-FILE FOLDER"""
import email.utils
import hmac
import http
import http.server
import os
import re
import socket
import socketserver
import sys

IMAGE = 'golden.qcow2'
TYPES = {IMAGE: 'application/octet-stream', 'status.json': 'application/json', 'log': 'text/plain; charset=utf-8'}
RANGE = re.compile(r'^bytes=(\d*)-(\d*)$')


def byte_range(header, size):
    """(first, last) of one range, None for the whole file, False where nothing of it exists (RFC 9110 §14.2)."""
    match = RANGE.match(header or '')
    if not match or match.groups() == ('', ''):
        return None
    first, last = match.groups()
    if first == '':
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last) if last else size - 1, size - 1)
        if last and int(last) < int(first):
            return None
    return (start, end) if start <= end else False


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    server_version = 'rke2-actions'
    sys_version = ''
    # Of one read or write: an idle connection does not stay for ever.
    timeout = 60
    disable_nagle_algorithm = True

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def requested(self):
        parts = self.path.split('?', 1)[0].split('/')
        if len(parts) != 3 or parts[0] or parts[2] not in TYPES:
            return None
        known = hmac.compare_digest(parts[1].encode('utf-8', 'replace'), self.server.token)
        return parts[2] if known else None

    def answer(self, body):
        name = self.requested()
        try:
            file = open(os.path.join(self.server.folder, name), 'rb') if name else None
        except OSError:
            file = None
        if file is None:
            self.refuse(404, body)
            return
        with file:
            self.send_part(name, file, body)

    def send_part(self, name, file, body):
        info = os.fstat(file.fileno())
        tag = f'"{info.st_size:x}-{info.st_mtime_ns:x}"'
        wanted = None
        if self.headers.get('If-Range') in (None, tag):
            wanted = byte_range(self.headers.get('Range'), info.st_size)
        if wanted is False:
            self.refuse(416, body, [('Content-Range', f'bytes */{info.st_size}')])
            return
        start, end = wanted or (0, info.st_size - 1)
        self.send_response(206 if wanted else 200)
        self.send_header('Content-Type', TYPES[name])
        self.send_header('Content-Length', str(end - start + 1))
        self.send_header('Accept-Ranges', 'bytes')
        self.send_header('ETag', tag)
        self.send_header('Last-Modified', email.utils.formatdate(info.st_mtime, usegmt=True))
        if name != IMAGE:
            self.send_header('Cache-Control', 'no-store')
        if wanted:
            self.send_header('Content-Range', f'bytes {start}-{end}/{info.st_size}')
        self.end_headers()
        self.tell(name, 206 if wanted else 200)
        if body and end >= start:
            self.connection.sendfile(file, start, end - start + 1)

    def refuse(self, status, body, headers=()):
        text = f'{http.HTTPStatus(status).phrase}\n'.encode()
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        self.send_header('Content-Type', 'text/plain')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        if body:
            self.wfile.write(text)

    def tell(self, name, status):
        # A look at the log that shows in the log would never end.
        if name == IMAGE:
            print(f'serve: {self.command} {name} {status} for {self.client_address[0]}', flush=True)

    def log_message(self, *_):
        """The request line holds the secret path."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address, port, token, folder):
        self.token = token.encode()
        self.folder = folder
        self.address_family = socket.AF_INET6 if ':' in address else socket.AF_INET
        super().__init__((address, port), Handler)

    def server_bind(self):
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # Not HTTPServer's own, which waits for DNS to name this machine.
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, _request, _address):
        """A client that went away is no news."""


def main():
    address, port, token_file, folder = sys.argv[1:5]
    with open(token_file, encoding='utf-8') as file:
        token = file.read().strip()
    try:
        server = Server(address, int(port), token, folder)
    except OSError:
        if address != '::':
            raise
        server = Server('0.0.0.0', int(port), token, folder)  # a machine without IPv6
    server.serve_forever()


main()
`;var U=t(8790);const W="/var/lib/rke2-actions/bake",ee=Object.entries({"bake.sh":s,"marks.sh":P,"prepare.sh":J,"download.sh":y,"accelerate.sh":w,"customize.sh":r,"compress.sh":E,"probe.sh":R,"hash.sh":L,"serve.sh":z,"relay.py":C,"customize-log.py":_,"server.py":K}).map(([S,j])=>({name:`bin/${S}`,content:j,mode:"0700"}));function Y(S){return ue(S),te(S)}e(Y,"bakeFiles");function se(S){const j=Y(S).map(M=>({...M,name:`${W}/${M.name}`})),F=v(j,["bash",`${W}/bin/bake.sh`],S.sshAuthorizedKeys),X=S.staticNetwork&&$(S.staticNetwork);return d([F,X??""],j),{userData:F,...X&&{networkData:X},scripts:ee,files:j}}e(se,"renderBuilder");function te(S){const{recipe:j,customize:F,probe:X}=S,M=e((V,G)=>({name:V,content:G,mode:"0600"}),"plain"),q=[...F.files,...X.files];return[...ee,M("settings.env",(0,U.cD)(S)),M("token",`${S.token}
`),M("secrets",(0,U.Fj)(S)),M("commands",F.commands),M("steps.tsv",F.steps.map(({id:V,title:G})=>fe(V,G)).join("")),M("downloads.tsv",j.downloads.map(V=>fe(V.sha256,(0,h.ZF)(V),V.path,V.url)).join("")),...(j.toolRepositories??[]).flatMap(he),...j.certificates.map(({name:V,pem:G})=>M(`ca/${V}.crt`,`${G.trim()}
`)),...q.map(V=>({...V,name:`stage/${V.name}`}))]}e(te,"filesOf");function he(S){const{id:j,gpgKey:F}=S,X=`repos/${j}.key`,M=F.armoured===void 0?F:{...F,file:`${W}/${X}`},q=(0,N.g_)({...S,enabled:!0,gpgKey:M});return[{name:`repos/${j}.repo`,content:q,mode:"0644"},...F.armoured===void 0?[]:[{name:X,content:`${F.armoured.trim()}
`,mode:"0644"}]]}e(he,"toolRepository");function fe(...S){return`${S.map(j=>j.replace(/[\t\r\n]+/g," ")).join("	")}
`}e(fe,"row");function ue(S){const{customize:j,probe:F,recipe:X}=S,M=[...j.files,...F.files].map(({name:G})=>G),q=j.commands.split(`
`).filter(G=>G!==""),V=[!/^[\w-]{16,}$/.test(S.token)&&'the token must be 16 or more letters, digits, "_" or "-"',!/^[0-9a-f]{64}$/.test(S.base.sha256)&&`the base's sha256 is "${S.base.sha256}"`,!Number.isInteger(S.port)&&`the port is ${S.port}`,q.length!==j.steps.length&&`${q.length} commands do not match ${j.steps.length} steps`,!M.includes(F.entry)&&`the probe's entry "${F.entry}" is none of its files`,...M.filter((G,ae)=>M.indexOf(G)!==ae).map(G=>`"${G}" is staged twice`),...M.filter(G=>!ie(G)).map(G=>`"${G}" lies outside of the stage`),...X.certificates.filter(({name:G})=>!/^[\w][\w.-]*$/.test(G)).map(({name:G})=>`the certificate name "${G}" is no file name`)].filter(G=>G!==!1);if(V.length>0)throw new i.Gd("BUILDER_INPUT",`The builder cannot be rendered: ${V.join("; ")}.`)}e(ue,"assertInput");function ie(S){return S!==""&&!S.startsWith("/")&&!S.split("/").includes("..")}e(ie,"isBelow")}),9676:((Q,x,t)=>{t.d(x,{X:e(()=>ye,"X"),x:e(()=>ke,"x")});var i=t(1455),h=t(6760),N=t(7075),T=t(2030),A=t(5902),p=t(5145),u=t(2029);const g="RKE2_ACTIONS_MARK",v=25,$=2e3;async function d(o){const l=(await(0,i.readdir)("/proc").catch(()=>[])).filter(k=>/^\d+$/.test(k)),c=await Promise.all(l.map(k=>(0,i.readFile)(`/proc/${k}/environ`,"utf8").catch(()=>""))),O=e(k=>c[k].split("\0").includes(`${g}=${o}`),"carries");return l.filter((k,D)=>O(D)).map(Number)}e(d,"markedProcesses");async function m(o,{grace:a,clock:l=T.ml}){const c=new Set;return(await f(o,{limit:a,clock:l},k=>{c.has(k)||w(k,"SIGTERM"),c.add(k)})).length===0?[]:f(o,{limit:$,clock:l},k=>w(k,"SIGKILL"))}e(m,"endMarked");async function f(o,{limit:a,clock:l},c){const O=l.monotonic()+a;for(;;){const k=await d(o);if(k.length===0||l.monotonic()>=O)return k;for(const D of k)c(D);await l.sleep(v)}}e(f,"goneWithin");function w(o,a){try{process.kill(o,a)}catch{}}e(w,"signalTo");var s=t(2588),E=t(5789),r=t(3024),_=t(6466),y=t(8338),L=t(5230),P=t(6351),J=t(1666),R=t(8161);const C=["/usr/local/sbin","/usr/local/bin","/usr/sbin","/usr/bin","/sbin","/bin"],z=1800*1024**2,K={bash:["bash","bash"],python3:["python3","python3"],"qemu-img":["qemu-utils","qemu-img"],guestfish:["libguestfs-tools","libguestfs"],"virt-customize":["guestfs-tools","guestfs-tools"],"virt-sparsify":["guestfs-tools","guestfs-tools"]},U=[{folder:"/boot",name:/^vmlinu[xz]/},{folder:"/lib/modules",name:/\d/}];async function W(o=C){const a=Object.keys(K),l=await Promise.all(a.map(c=>ee(c,o)));return{platform:process.platform,missing:a.filter((c,O)=>!l[O]),kernel:await Y(),memory:(0,R.totalmem)()}}e(W,"thisMachine");async function ee(o,a){return(await Promise.all(a.map(c=>se(r.constants.X_OK,(0,h.join)(c,o))))).includes(!0)}e(ee,"isInstalled");async function Y(){for(const{folder:o,name:a}of U){const l=(await(0,i.readdir)(o).catch(()=>[])).filter(O=>a.test(O)),c=o==="/boot"?l:l.map(O=>(0,h.join)(O,"vmlinuz"));for(const O of c)if(await se(r.constants.R_OK,(0,h.join)(o,O)))return!0}return!1}e(Y,"hasKernel");function se(o,a){return(0,i.access)(a,o).then(()=>!0,()=>!1)}e(se,"may");function te({platform:o,missing:a,kernel:l,memory:c}){const O=[...o==="linux"?[]:[`its system is ${o}, libguestfs needs Linux`],...a.length>0?[`it lacks ${a.join(", ")}`]:[],...l?[]:["it has no kernel that this user may read"],...c>=z?[]:[`it has ${(0,P.z)(c)} of memory, a bake needs 2 GiB`]];if(O.length!==0)throw new p.yo("RUNNER_NOT_EQUIPPED",`This runner cannot bake: ${O.join("; ")}.`,{mend:fe(a,l),evidence:a.map(he)})}e(te,"requireEquipped");function he(o){const[a,l]=K[o];return`${o}: package ${a} on Debian and Ubuntu, ${l} on Rocky Linux`}e(he,"toolLine");function fe(o,a){const l=e(D=>[...new Set(o.map(Z=>K[Z][D]))].join(" "),"packages"),c=`Install them: "apt-get install ${l(0)} libguestfs-xfs", or "dnf install ${l(1)} libguestfs-xfs".`;return[...[...o.length>0?[c]:[],...a?[]:["Install a kernel package, and let the user of the runner read it: chmod 0644 /boot/vmlinuz-*."]],"Or bake inside Harvester, with builder: vm."].join(" ")}e(fe,"mendOf");async function ue(o,a){const l=new Map;for(const{folder:c,bytes:O}of o){const{dev:k}=await(0,i.stat)(c),D=l.get(k);l.set(k,{folder:D?.folder??c,bytes:O+(D?.bytes??0)})}for(const{folder:c,bytes:O}of l.values()){const{bavail:k,bsize:D}=await(0,i.statfs)(c);if(k*D>=O)continue;const Z=(0,P.z)(k*D);throw ie(`${a}: ${Z} free below ${c}, ${(0,P.z)(O)} needed`)}}e(ue,"requireSpace");function ie(o,a){return new p.yo("RUNNER_DISK_FULL",`The runner has not enough space to ${o}.`,{mend:"Free space, or give the runner's temporary folder a larger disk.",...a!==void 0&&{cause:a}})}e(ie,"diskFull");const S=2e3,j=new Set([408,425,429,500,502,503,504]),F="514649fb";async function X(o,a,l){const{cacheFolder:c}=l;if(!c)return q(o,a,l);const O=(0,h.join)(c,`${o.sha256}${o.qcow2?".qcow2":""}`);if(!await M(O,o,l)){await(0,i.mkdir)(c,{recursive:!0});const k=`${O}.${process.pid}.part`;try{await q(o,k,l),await(0,i.rename)(k,O)}finally{await(0,i.rm)(k,{force:!0})}}await(0,i.copyFile)(O,a,r.constants.COPYFILE_FICLONE)}e(X,"fetchLocked");async function M(o,a,l){const c=await(0,i.stat)(o).catch(()=>{});return c?await(0,y.DC)("sha256",o,l.signal)!==a.sha256?(l.log.warning(`${a.title} was kept in ${o}, but damaged: it is downloaded anew`),await(0,i.rm)(o),!1):(await l.room(c.size,!0),l.log.info(`${a.title}: kept from an earlier run, ${(0,P.z)(c.size)}, sha256 checked`),!0):!1}e(M,"isIntact");async function q(o,a,l){const{title:c,url:O,sha256:k,qcow2:D}=o,{log:Z,clock:ne,signal:oe}=l;Z.info(`downloading ${c} from ${(0,L.B)(O)}`),await(0,J.L)(()=>ae(o,a,l),{doing:`downloading ${c}`,firstDelay:S,retryable:G,clock:ne,log:Z,signal:oe}).catch(re=>{throw re.code==="ENOSPC"?ie(`download ${c}`,re):re instanceof V?I(c,re.message,re):re}),D&&await n(o,a);const{size:ce}=await(0,i.stat)(a),de=await(0,y.DC)("sha256",a,oe);if(de!==k)throw b(o,de,ce);Z.info(`${c}: ${(0,P.z)(ce)}, sha256 ${de}`)}e(q,"download");class V extends Error{static{e(this,"Unanswered")}}function G(o){return o instanceof V?!0:o instanceof p.eG&&/^HTTP_(REFUSED|UNREACHABLE|TIMEOUT|RESET|FAILED|DNS)$/.test(o.code)}e(G,"isTransient");async function ae(o,a,l){const c=(await(0,i.stat)(a).catch(()=>{}))?.size??0,{http:O,signal:k}=l,D=c>0?{range:`bytes=${c}-`}:{},Z=await O.request(o.url,{headers:D,signal:k});try{const ne=Z.status===206&&c>0;!ne&&Z.status!==200&&await me(Z,o,a);const oe=ne?c:0,ce=Number(Z.headers["content-length"]??Number.NaN)+oe;oe===0&&ce>0&&await l.room(ce,!1),await(0,_.pipeline)(Z.body,pe(oe,de=>l.progress($e(o.title,de,ce))),(0,r.createWriteStream)(a,{flags:ne?"a":"w",mode:384}),{signal:k})}finally{Z.body.destroy()}}e(ae,"receive");async function me(o,{title:a},l){const c=`the server answered ${o.status} for ${(0,L.B)(o.url)}`;if(o.status===416)await(0,i.rm)(l,{force:!0});else if(!j.has(o.status))throw I(a,c);throw new V(c)}e(me,"refuse");function pe(o,a){return e(async function*(c){let O=o;for await(const k of c)O+=k.length,a(O),yield k},"count")}e(pe,"counted");function $e(o,a,l){return`downloading ${o}: ${(0,P.z)(a)}${l>0?` of ${(0,P.z)(l)}`:""}`}e($e,"progressText");async function n({title:o,url:a},l){let c=Buffer.alloc(0);for await(const D of(0,r.createReadStream)(l,{end:79}))c=Buffer.concat([c,D]);if(c.subarray(0,4).toString("hex")===F)return;const O=c.toString("latin1").replace(/[^\x20-\x7e]+/g," "),k=c[0]===60?"a web page":"something else";throw new p.eG("DOWNLOAD_NO_IMAGE",`Downloading ${o}: ${(0,L.B)(a)} gave ${k}, not a qcow2 image. It begins with: ${O}`,{mend:"Correct base.url of the recipe; the image must not be compressed as a file."})}e(n,"requireQcow2");function b({title:o,url:a,sha256:l},c,O){return new p.eG("DOWNLOAD_CHECKSUM",`The sha256 of ${o} is ${c}, expected was ${l} (${O} bytes from ${(0,L.B)(a)}).`,{mend:"A mirror may lag behind, or the file was replaced: compare with the checksum its maker publishes."})}e(b,"otherBytes");function I(o,a,l){return new p.eG("DOWNLOAD_FAILED",`Downloading ${o} failed: ${a}.`,{mend:"Check the URL in the recipe, and that the runner can reach it.",...l!==void 0&&{cause:l}})}e(I,"failed");async function B(o){const a=await Promise.all(o.map(H));return[...new Set(a.flat())]}e(B,"guestfsSockets");async function H(o){const a=await(0,i.readdir)(`/proc/${o}/fd`).catch(()=>[]),l=await Promise.all(a.map(D=>(0,i.readlink)(`/proc/${o}/fd/${D}`).catch(()=>""))),c=new Set(l.flatMap(D=>/^socket:\[(\d+)\]$/.exec(D)?.[1]??[]));return(await(0,i.readFile)(`/proc/${o}/net/unix`,"utf8").catch(()=>"")).split(`
`).map(D=>D.trim().split(/\s+/)).flatMap(([,,,,,,D,Z])=>D&&Z&&c.has(D)&&le((0,h.dirname)(Z))?[Z]:[])}e(H,"socketsOf");function le(o){return/^(libguestfs\w{6}|\.guestfish-\d+)$/.test((0,h.basename)(o))}e(le,"isGuestfs");async function Ee(o){for(const a of o)await(0,i.rm)(a,{force:!0}),(0,h.basename)((0,h.dirname)(a)).startsWith("libguestfs")&&await(0,i.rmdir)((0,h.dirname)(a)).catch(()=>{})}e(Ee,"removeSockets");var ge=t(8790);const we=["accelerate","customize","compress","probe","hash"],be=1500,ve=/^(LIBGUESTFS|SUPERMIN)_/;class ye{static{e(this,"LocalBake")}#e;constructor(a){this.#e=a}get image(){return(0,h.join)(this.#e.folder,"work","golden.qcow2")}async prepare(a){const{folder:l,machine:c}=this.#e;te(c??await W()),await Te(l),await ue([{folder:l,bytes:ge.yF}],"begin a bake"),await this.#s(),await this.#n(a)}async*lines(a){const{folder:l}=this.#e;(0,T.Te)(a);const c=new N.Readable({objectMode:!0,read(){}}),O=(0,u.d1)("bash",["--norc",(0,h.join)(l,"bin","bake.sh"),...we],{cwd:l,env:this.#t(),onLine:e(D=>c.push(D),"onLine")}).then(()=>c.push(null),D=>c.destroy(D)),k=e(()=>c.destroy((0,T.Js)(a)),"onAbort");a.addEventListener("abort",k,{once:!0});try{yield*c}finally{a.removeEventListener("abort",k),await _e(l),await O}}#t(){const{environment:a,folder:l}=this.#e,c=Object.entries(a).filter(O=>ve.test(O[0])&&O[1]!==void 0);return{...Object.fromEntries(c),RKE2A_CONSOLE:"-",RKE2A_LOG:"",RKE2A_HOME:l,[g]:l}}async#s(){const{folder:a,input:l}=this.#e;for(const{name:c,content:O,mode:k}of(0,E.PE)(l)){const D=(0,h.join)(a,c);await(0,i.mkdir)((0,h.dirname)(D),{recursive:!0}),await(0,i.writeFile)(D,O),await(0,i.chmod)(D,Number.parseInt(k,8))}await(0,i.mkdir)((0,h.join)(a,"work"),{recursive:!0})}async#n(a){const{download:l}=this.#e.input.limits,c=(0,T.Bv)(a.clock,l,a.signal,()=>Oe(l));try{await this.#o({...a,signal:c.signal})}finally{c.clear()}}async#o(a){const{folder:l,input:c,cacheFolder:O}=this.#e,{base:k,recipe:D}=c,Z=[[{title:"the base image",...k,qcow2:!0},(0,h.join)(l,"work","base.qcow2")],...D.downloads.map(ne=>[{title:ne.path,url:ne.url,sha256:ne.sha256,qcow2:!1},(0,h.join)(l,"stage",(0,s.ZF)(ne))])];for(const[ne,oe]of Z)await(0,i.mkdir)((0,h.dirname)(oe),{recursive:!0}),await X(ne,oe,{...a,cacheFolder:O,room:e((de,re)=>this.#a(ne,de,re),"room")})}#a({title:a,qcow2:l},c,O){const{folder:k,cacheFolder:D}=this.#e,Z=[{folder:k,bytes:l?3*c+ge.yF:c},...D&&!O?[{folder:D,bytes:c}]:[]];return ue(Z,`download ${a} and change it`)}}function Oe(o){return new p.eG("DOWNLOAD_TIMEOUT",`The downloads took longer than ${(0,A.a)(o)}.`,{mend:"Use a nearer mirror, or raise download-timeout."})}e(Oe,"tooSlow");async function Te(o){await(0,i.mkdir)((0,h.dirname)(o),{recursive:!0}),await(0,i.mkdir)(o,{mode:448}).catch(a=>{throw a.code!=="EEXIST"?a:new p.yo("BAKE_FOLDER_EXISTS",`${o} is there already: another build of this run bakes in it.`,{mend:"Let one build end before the next one of the same run begins.",cause:a})})}e(Te,"makePrivateFolder");async function ke(o,a){const l=await _e(o);l.length>0&&a.warning(`still running: processes ${l.join(", ")} of the bake in ${o}`);const c=await(0,i.stat)(o).catch(()=>{});return await(0,i.rm)(o,{recursive:!0,force:!0}),c!==void 0}e(ke,"removeLocalBake");async function _e(o){const a=await B(await d(o)),l=await m(o,{grace:be});return await Ee(a),l}e(_e,"endProcesses")}),8790:((Q,x,t)=>{t.d(x,{yF:e(()=>g,"yF"),cD:e(()=>d,"cD"),Fj:e(()=>w,"Fj")});var i=t(2029);const h=6e4,N={download:20*h,customize:20*h,probe:5*h,compress:10*h},T={prepare:15*h,accelerate:5*h,hash:10*h,serve:2*h},A=new Set(["customize","probe","compress"]);function p(r,_,y){const L=_==="tcg"?Math.max(1,y):1,P={...T,...r},J=Object.entries(P).map(([R,C])=>[R,A.has(R)?Math.round(C*L):C]);return Object.fromEntries(J)}e(p,"phaseLimits");function u(r,_,y){return Object.values(p(r,_,y)).reduce((L,P)=>L+P,0)}e(u,"totalLimit");const g=2*1024**3,v=10,$=2;function d(r){const _={RUN_ID:r.runId,RECIPE:r.recipe.name,BASE_URL:r.base.url,BASE_SHA256:r.base.sha256,PORT:r.port,VIRTUAL_SIZE:r.recipe.virtualSize??0,AIR_GAPPED:r.recipe.airGapped?"yes":"no",COMPRESS:r.compress?"yes":"no",PROBE:r.probe.entry,MINIMUM_FREE:g,KVM_SILENCE:v,DOWNLOAD_PAUSE:$,...m(r,"kvm"),...m(r,"tcg")};return[...Object.entries(_).map(([L,P])=>`${L}=${(0,i.ZL)(String(P))}`),...f(r.proxy),""].join(`
`)}e(d,"renderSettings");function m(r,_){const y=p(r.limits,_,r.emulationFactor);return Object.fromEntries(Object.entries(y).map(([L,P])=>[`LIMIT_${L.toUpperCase()}_${_.toUpperCase()}`,Math.ceil(P/1e3)]))}e(m,"limitSettings");function f(r){const _={http_proxy:r?.http,https_proxy:r?.https,no_proxy:r?.no};return Object.entries(_).filter(([,y])=>y!==void 0&&y!=="").map(([y,L])=>`export ${y}=${(0,i.ZL)(L)}`)}e(f,"proxySettings");function w(r){const y=[r.proxy?.http,r.proxy?.https,r.base.url,...r.recipe.downloads.map(({url:L})=>L)].flatMap(L=>L&&URL.canParse(L)?s(new URL(L)):[]);return[...new Set([r.token,...y])].map(L=>`${L}
`).join("")}e(w,"secretsOf");function s(r){const{username:_,password:y,search:L}=r;return[`${_}:${y}`,y,E(y),L.slice(1)].filter(P=>P.length>=4)}e(s,"credentialsOf");function E(r){try{return decodeURIComponent(r).replaceAll(`
`,"")}catch{return r}}e(E,"decode")}),8338:((Q,x,t)=>{t.d(x,{DC:e(()=>p,"DC"),dj:e(()=>g,"dj"),qQ:e(()=>A,"qQ")});var i=t(7598),h=t(3024),N=t(7075),T=t(6466);function A(v,$){return(0,i.createHash)(v).update($).digest("hex")}e(A,"hashOf");async function p(v,$,d){const m=(0,i.createHash)(v);return await(0,T.pipeline)((0,h.createReadStream)($),m,{signal:d}),m.digest("hex")}e(p,"hashFile");function u(v){const $=createHash(v);let d=0;return{stream:new Transform({transform(f,w,s){d+=f.length,$.update(f),s(null,f)}}),result:e(()=>({bytes:d,hex:$.copy().digest("hex")}),"result")}}e(u,"meter");function g(v){return JSON.stringify(v,($,d)=>d&&typeof d=="object"&&!Array.isArray(d)?Object.fromEntries(Object.entries(d).sort(([m],[f])=>m<f?-1:m>f?1:0)):d)}e(g,"canonicalJson")}),9970:((Q,x,t)=>{t.d(x,{O0:e(()=>A,"O0"),cP:e(()=>p,"cP"),f$:e(()=>T,"f$")});var i=t(5145),h=t(6089);const N=/^(authorization|cookie|proxy-authorization)$|(^|-)(token|secret|key|password)$/;function T(u){const g=URL.canParse(u)?new URL(u):void 0;if(g&&/^https?:$/.test(g.protocol))return g;throw new i.yo("HTTP_URL",`"${(0,h.B)(u)}" is not an http or https URL.`,{mend:"Give a URL such as https://mirror.example.com/path."})}e(T,"parseHttpUrl");function A(u){const g=Object.entries(u.headers??{}).map(([v,$])=>[v.toLowerCase(),$]);return{...u,headers:Object.fromEntries(g)}}e(A,"withLowerCaseHeaders");function p(u,g,v){const{body:$,headers:d={},...m}=u,f=u.method??"GET",w=g===303?f!=="HEAD":g<303&&f==="POST",s=v.to.origin!==v.from.origin,E=e(y=>s&&N.test(y)||w&&y.startsWith("content-"),"dropped"),r=Object.entries(d).filter(([y])=>!E(y)),_={...m,headers:Object.fromEntries(r)};if(w)return{..._,method:"GET"};if($===void 0)return _;if(typeof $=="string"||$ instanceof Uint8Array)return{..._,body:$};throw new i.eG("HTTP_REDIRECTS",`${(0,h.B)(v.from)} redirects a ${f} whose body is a stream.`,{mend:`Send it to ${(0,h.B)(v.to)} directly.`})}e(p,"redirected")}),5230:((Q,x,t)=>{t.d(x,{B:e(()=>g.B,"B"),V:e(()=>w,"V")});var i=t(7075),h=t(2030),N=t(5145),T=t(9970),A=t(2781),p=t(3464),u=t(4334),g=t(6089);const v=4<<20,$=3e4,d=1e4,m=5,f=new Set([301,302,303,307,308]);function w(R={}){const C=new Map,z=e(U=>{const W=C.get(U)??s(U,R.ca??[]);return C.set(U,W),W},"agentFor"),K=e(async(U,W)=>{const ee=(0,p.i)(U,R.env??{});return{url:U,request:W,proxy:ee,agent:await z(ee)}},"hop");return{request:e(async(U,W={})=>E(K,(0,T.f$)(U),(0,T.O0)(W)),"request"),close:e(async()=>{for(const U of C.values())await U.then(W=>W.destroy(),()=>{})},"close")}}e(w,"createHttp");async function s(R,C){const z=(0,u.K)(C),{Agent:K,ProxyAgent:U}=await t.e(752).then(t.t.bind(t,4371,19)),W={...z&&{secureContext:z},autoSelectFamily:!0};return R?new U({uri:R,requestTls:W,proxyTls:W,connectTimeout:d}):new K({connect:{...W,timeout:d}})}e(s,"makeAgent");async function E(R,C,z){const K=z.redirects??m;let[U,W]=[C,z];for(let ee=0;;ee++){const Y=await _(await R(U,W)),{location:se}=Y.headers;if(K===0||!se||!f.has(Y.status))return Y;if(Y.body.destroy(),ee===K)throw r(C,`redirects more than ${K} times`);const te=URL.canParse(se,U.href)?new URL(se,U):void 0;if(!te||!/^https?:$/.test(te.protocol))throw r(U,"redirects to what is no http URL");W=(0,T.cP)(W,Y.status,{from:U,to:te}),U=te}}e(E,"follow");function r(R,C){return new N.eG("HTTP_REDIRECTS",`${(0,g.B)(R)} ${C}.`,{mend:"Give the URL that the server finally leads to, or mend the server."})}e(r,"badRedirect");async function _({url:R,request:C,proxy:z,agent:K}){const{signal:U,timeout:W=$}=C,ee=e(Y=>U?.aborted?(0,h.Js)(U):(0,A.x)(Y,R,z),"explained");(0,h.Te)(U);try{const Y=await K.request({origin:R.origin,path:R.pathname+R.search,method:C.method??"GET",headers:{...y(R),...C.headers},body:C.body??null,signal:U??null,headersTimeout:W,bodyTimeout:W}),se=P(Y.body,ee);return{status:Y.statusCode,headers:L(Y.headers),url:R.href,body:se,text:e((te=v)=>J(se,R,te),"text")}}catch(Y){throw ee(Y)}}e(_,"send");function y(R){if(!R.username)return{};const C=`${decodeURIComponent(R.username)}:${decodeURIComponent(R.password)}`;return{authorization:`Basic ${Buffer.from(C).toString("base64")}`}}e(y,"basicAuth");function L(R){const C=e(([z,K])=>[z,[K??""].flat().join(", ")],"joined");return Object.fromEntries(Object.entries(R).map(C))}e(L,"flatHeaders");function P(R,C){const z=new i.PassThrough;R.once("error",K=>z.destroy(C(K))),z.once("close",()=>R.destroy());for(const K of[R,z])K.on("error",()=>{});return R.pipe(z)}e(P,"withExplanation");async function J(R,C,z){const K=[];let U=0;for await(const W of R){if(U+=W.length,U>z)throw new N.eG("HTTP_TOO_LARGE",`${(0,g.B)(C)} sent more than ${z} bytes.`,{mend:"Check that the URL leads to what is expected there, not to an error page or an image."});K.push(W)}return Buffer.concat(K).toString("utf8")}e(J,"readText")}),2029:((Q,x,t)=>{t.d(x,{ZL:e(()=>w,"ZL"),d1:e(()=>u,"d1")});var i=t(1421),h=t(3024),N=t(8161),T=t(481),A=t(2030),p=t(5145);async function u(s,E,r={}){const{signal:_,onLine:y,keep:L=1<<20}=r;(0,A.Te)(_);const P=(0,i.spawn)(s,E,{cwd:r.cwd,env:r.env,stdio:["pipe","pipe","pipe"],detached:process.platform!=="win32"}),J=new AbortController,R=e(()=>{g(P,r.grace??2e3,J.signal)},"onAbort");_?.addEventListener("abort",R,{once:!0});const C=v(P.stdout,L),z=v(P.stderr,L);y&&((0,T.createInterface)({input:P.stdout}).on("line",K=>y(K,"stdout")),(0,T.createInterface)({input:P.stderr}).on("line",K=>y(K,"stderr"))),P.stdin.on("error",()=>{}),P.stdin.end(r.input??"");try{const K=await $(P,s,r.cwd);return(0,A.Te)(_),{exitCode:K,stdout:C(),stderr:z()}}finally{J.abort(),_?.removeEventListener("abort",R)}}e(u,"runCommand");async function g(s,E,r){const _=e(y=>{try{s.pid&&process.kill(process.platform==="win32"?s.pid:-s.pid,y)}catch{}},"kill");_("SIGTERM"),await A.ml.sleep(E,r).then(()=>_("SIGKILL"),()=>{})}e(g,"stopGroup");function v(s,E){const r=[];let _=0;return s.on("data",y=>{for(r.push(y),_+=y.length;r.length>1&&_-r[0].length>=E;)_-=r.shift().length}),()=>Buffer.concat(r).subarray(-E).toString("utf8")}e(v,"keptEnd");function $(s,E,r){return new Promise((_,y)=>{s.once("error",L=>y(d(L,E,r))),s.once("close",(L,P)=>_(L??128+(P?N.constants.signals[P]:0)))})}e($,"exitCodeOf");function d(s,E,r){if(s.code==="ENOENT"&&r!==void 0&&!(0,h.existsSync)(r)){const _=`The command "${E}" cannot run in ${r}: there is no such folder.`;return new p.eG("COMMAND_NOT_STARTED",_,{cause:s})}return s.code==="ENOENT"?new p.eG("COMMAND_NOT_FOUND",`The command "${E}" is not installed.`,{cause:s}):new p.eG("COMMAND_NOT_STARTED",`The command "${E}" could not be started.`,{cause:s})}e(d,"notStarted");async function m(s,E,r={}){const _=await u(s,E,r);if(_.exitCode!==0){const y=`${_.stdout}
${_.stderr}`.trim().split(`
`).slice(-20);throw new EnvironmentError("COMMAND_FAILED",`${f(s,E)} exited with ${_.exitCode}.`,{evidence:y})}return _}e(m,"mustRun");function f(s,E){return[s,...E].map(w).join(" ")}e(f,"shellLine");function w(s){return/^[\w@%+=:,./-]+$/.test(s)?s:`'${s.replaceAll("'","'\\''")}'`}e(w,"shellQuote")}),3464:((Q,x,t)=>{t.d(x,{i:e(()=>T,"i")});var i=t(7030),h=t(5145),N=t(6089);function T($,d){const m=e(s=>d[s]||d[s.toUpperCase()]||void 0,"read"),f=m($.protocol==="https:"?"https_proxy":"http_proxy");if(!f||g($.hostname)||A($,m("no_proxy")??""))return;const w=f.includes("://")?f:`http://${f}`;if(URL.canParse(w)&&/^https?:$/.test(new URL(w).protocol))return w;throw new h.yo("PROXY_INVALID",`The proxy "${(0,N.B)(w)}" is not an http or https URL.`,{mend:"Set http_proxy and https_proxy to URLs such as http://proxy.example.com:3128."})}e(T,"proxyFor");function A($,d){const m=v($.hostname),f=$.port||($.protocol==="https:"?"443":"80");return d.split(/[\s,]+/).map(w=>w.toLowerCase()).filter(Boolean).some(w=>p(w,m,f))}e(A,"bypassed");function p($,d,m){if($==="*")return!0;if($.includes("/"))return u($,d);const[,f,w]=/^(\[[^\]]+\]|[^:]*(?::[^:]*:.*)?)(?::(\d+))?$/.exec($)??[];if(f===void 0||w&&w!==m)return!1;const s=v(f).replace(/^\*?\./,"");return d===s||(0,i.isIP)(d)===0&&d.endsWith(`.${s}`)}e(p,"matches");function u($,d){const[m="",f=""]=$.split("/"),w=(0,i.isIP)(d);if(w===0||(0,i.isIP)(m)!==w||!/^\d+$/.test(f)||Number(f)>(w===4?32:128))return!1;const s=new i.BlockList,E=w===4?"ipv4":"ipv6";return s.addSubnet(m,Number(f),E),s.check(d,E)}e(u,"inBlock");function g($){const d=v($);return d==="localhost"||d.endsWith(".localhost")||d==="::1"||/^127\./.test(d)}e(g,"isLoopback");function v($){return $.toLowerCase().replace(/^\[|\]$/g,"").replace(/\.$/,"")}e(v,"bare")}),1666:((Q,x,t)=>{t.d(x,{L:e(()=>T,"L"),m:e(()=>A,"m")});var i=t(2030),h=t(5902),N=t(5145);async function T(p,u){const{attempts:g=5,firstDelay:v=500,longestDelay:$=15e3,longestRetryAfter:d=6e4}=u,m=u.random??Math.random;for(let f=1;;f++){(0,i.Te)(u.signal);try{return await p(f)}catch(w){if((0,i.Te)(u.signal),f>=g||!u.retryable(w))throw w;const s=u.retryAfter?.(w);if(s!==void 0&&s>d)throw w;const E=Math.min($,v*2**(f-1)),r=s??E*(.5+m()/2);u.log.info(`${u.doing}: attempt ${f} of ${g} failed: ${(0,N.bD)(w)}; next in ${(0,h.a)(r)}`),await u.clock.sleep(r,u.signal)}}}e(T,"retry");function A(p,u){if(!p)return;if(/^\d+$/.test(p.trim()))return Number(p)*1e3;const g=/[A-Za-z]/.test(p)?Date.parse(p):Number.NaN;return Number.isNaN(g)?void 0:Math.max(0,g-u.now())}e(A,"parseRetryAfter")}),4334:((Q,x,t)=>{t.d(x,{K:e(()=>u,"K"),Z:e(()=>A,"Z")});var i=t(7598),h=t(1692),N=t(5145);const T=/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;function A(g){const v=g.match(T)??[],$=v.findIndex(m=>!p(m));if(v.length>0&&$<0)return v;const d=v.length===0?"holds no certificate":`is broken at certificate ${$+1}`;throw new N.yo("CA_INVALID",`The CA bundle ${d}.`,{mend:"Give PEM text: -----BEGIN CERTIFICATE-----, base64 lines, -----END CERTIFICATE-----."})}e(A,"splitPem");function p(g){try{return new i.X509Certificate(g),!0}catch{return!1}}e(p,"isCertificate");function u(g){if(g.length!==0)return h.createSecureContext({ca:[...h.getCACertificates("default"),...g.flatMap(A)]})}e(u,"trustContext")}),6089:((Q,x,t)=>{t.d(x,{B:e(()=>i,"B")});function i(h){const N=String(h);if(!URL.canParse(N)||!N.includes("://"))return N.replace(/^.*@/,"\u2026").replace(/[?#].*$/,"");const{protocol:T,host:A,pathname:p}=new URL(N);return`${T}//${A}${p}`}e(i,"redactUrl")}),7468:((Q,x,t)=>{t.d(x,{n:e(()=>N,"n")});var i=t(2041),h=t(329);async function N(T){const{secret:A,claim:p}=(0,h.kH)(T.runId),u=await(0,i.s2)({...T,known:{secrets:[A],claims:[p]}});for(const g of u.removed)T.log.info(`removed ${g}`);for(const{what:g,why:v}of u.left)T.log.warning(`still there: ${g}: ${v}`);return u.removed.length===0&&u.left.length===0&&T.log.info("nothing was left to remove"),u}e(N,"cleanUp")}),329:((Q,x,t)=>{t.d(x,{HN:e(()=>w,"HN"),Xs:e(()=>d,"Xs"),d5:e(()=>v,"d5"),dR:e(()=>u,"dR"),kH:e(()=>$,"kH")});var i=t(6760),h=t(2030),N=t(5902),T=t(8338),A=t(9955),p=t(8085);const u={fingerprint:2*6e4,provision:30*6e4,bake:180*6e4,proof:6e4,handOver:5*6e4,import:30*6e4,report:6e4,cleanup:5*6e4,stall:15*6e4},g=864e5;function v(s,E){const[r,_]=(0,h.vE)(E).replace(/[-:Z]/g,"").split("T"),{imageNamePrefix:y,version:L,recipe:P}=s,J={prefix:y,date:r,time:_,run:m(s.runId),version:L,recipe:P.name},R=(0,p.tO)(s.nameTemplate,J);return{...s,names:{...$(s.runId),image:R},ownership:{runId:s.runId,recipe:s.recipe.name,labels:s.labels,expiresAt:(0,h.vE)({...E,now:e(()=>E.now()+g,"now")})},recipeDigest:(0,A.dF)(s.recipe),phases:f(s)}}e(v,"planGolden");function $(s){const E=`golden-builder-${m(s)}`,r=(0,T.qQ)("sha256",`${s} root`).slice(0,5);return{vm:E,secret:`${E}-cloudinit`,claim:`${E}-root-${r}`,baseImage:`golden-base-${m(s)}`}}e($,"builderNames");function d(s,E){return(0,i.join)(s,$(E).vm)}e(d,"runnerFolder");const m=e(s=>(0,T.qQ)("sha256",s).slice(0,6),"markOf");function f({limits:s,runner:E}){const r=e((_,y,L,P)=>({id:_,limit:y,title:L,why:P,limitInput:`${_}-timeout`}),"phase");return[r("fingerprint",s.fingerprint,"Compare with what exists","an unchanged image needs no second bake"),E?r("provision",s.provision,"Prepare the runner","the bake runs on this machine"):r("provision",s.provision,"Create the builder","the bake runs inside Harvester, near its storage"),r("bake",s.bake,"Bake","the recipe is applied to the base image and facts are collected"),r("proof",s.proof,"Prove","an image that breaks a rule is never imported"),r("hand-over",s.handOver,"Find the image",E?"the image is sent from this machine":"Harvester gets it from an address of the builder, or through this machine"),r("import",s.import,"Import","Harvester stores the image and checks its SHA-512"),r("report",s.report,"Report","what was built, from what, and how to use it"),r("cleanup",s.cleanup,"Clean up","everything but the image is removed, whatever happened")]}e(f,"plannedPhases");function w(s){const{names:E,namespace:r,builder:_,recipe:y}=s,L=y.layers.length>0?` with ${y.layers.join(", ")}`:"";return[`recipe       ${y.name}${L} (${s.recipeDigest.slice(0,12)})`,`image        ${r}/${E.image}`,...s.runner?[`builder      this machine, in ${s.runner.folder}`]:[`builder      ${r}/${E.vm}: ${_.cpu} CPU, ${_.memory}, disk ${_.diskSize}`,`boots from   ${_.image?.url??y.base.url}`],`network      ${[s.network??"pod network",...s.staticNetwork?.addresses??[]].join(", ")}`,`labels       run ${s.runId}, expiring ${s.ownership.expiresAt}`,...s.phases.map(({id:P,title:J,limit:R,why:C})=>`${P.padEnd(12)} ${J}: ${C} (at most ${(0,N.a)(R)})`)]}e(w,"planLines")}),188:((Q,x,t)=>{t.d(x,{Bg:e(()=>N,"Bg"),L5:e(()=>p,"L5"),MW:e(()=>T,"MW"),Tx:e(()=>i,"Tx"),WL:e(()=>u,"WL"),dr:e(()=>h,"dr"),pE:e(()=>A,"pE")});const i={group:"harvesterhci.io",version:"v1beta1",plural:"virtualmachineimages",kind:"VirtualMachineImage",namespaced:!0},h={group:"kubevirt.io",version:"v1",plural:"virtualmachines",kind:"VirtualMachine",namespaced:!0},N={group:"kubevirt.io",version:"v1",plural:"virtualmachineinstances",kind:"VirtualMachineInstance",namespaced:!0},T={group:"k8s.cni.cncf.io",version:"v1",plural:"network-attachment-definitions",kind:"NetworkAttachmentDefinition",namespaced:!0},A={group:"longhorn.io",version:"v1beta2",plural:"backingimages",kind:"BackingImage",namespaced:!0},p={group:"harvesterhci.io",version:"v1beta1",plural:"virtualmachinetemplateversions",kind:"VirtualMachineTemplateVersion",namespaced:!0},u={group:"harvesterhci.io",version:"v1beta1",plural:"virtualmachinebackups",kind:"VirtualMachineBackup",namespaced:!0}}),2588:((Q,x,t)=>{t.d(x,{sv:e(()=>S,"sv"),ZF:e(()=>ie,"ZF")});var i=t(2029);const h="R2A| ",N="R2A-STEP-ENDED";function T(n,b){return`#!/bin/sh
# ${n}
{ (
set -eu
export LC_ALL=C SYSTEMD_OFFLINE=1
cd /

${b.trim()}
); printf '\\n%s %s\\n' '${N}' "$?"; } 2>&1 | {
  while IFS= read -r line; do
    case $line in
      '') continue ;;
      '${N} '*) exit "\${line#${N} }" ;;
    esac
    printf '%s\\n' "$line"
    { printf '%s%s\\r\\n' '${h}' "$line" >/dev/console; } 2>/dev/null || :
  done
  echo 'the step was cut off' >&2
  exit 70
}
`}e(T,"stepScript");function A(n){return n.map(i.ZL).join(" ")}e(A,"words");function p(n,b="    "){return n.map(I=>`${b}${(0,i.ZL)(I)}`).join(` \\
`)}e(p,"wordLines");function u({required:n,forbidden:b}){return`root_uuid() {
    device=$(awk '$2 == "/" { found = $1 } END { print found }' /proc/mounts)
    blkid -o value -s UUID "$device"
}

is_forbidden() {
    for unwanted in \\
${p(b,"        ")}; do
        case $1 in "$unwanted" | "$unwanted"=*) return 0 ;; esac
    done
    return 1
}

# Prints a command line: the right root first, then what is given and allowed, then what is required and missing.
clean_command_line() {
    line="root=UUID=$uuid ro"
    for argument in "$@" \\
${p(n,"        ")}; do
        case $argument in
            root=* | ro | rw | BOOT_IMAGE=* | initrd=* | '$'*) continue ;;
        esac
        is_forbidden "$argument" && continue
        case " $line " in *" $argument "*) continue ;; esac
        line="$line $argument"
    done
    printf '%s\\n' "$line"
}

uuid=$(root_uuid)
[ -n "$uuid" ] || { echo 'the root filesystem has no UUID'; exit 1; }`}e(u,"commandLineFunctions");const g="/boot/loader/entries/*.conf";function v(n){return`${u(n)}

newest=''
for entry in ${g}; do
    case $entry in *rescue*) continue ;; esac
    [ -f "$entry" ] || continue
    newest=$(printf '%s\\n' "$newest" "$entry" | sort -V | tail -n 1)
done
options=''
[ -z "$newest" ] || options=$(sed -n 's/^options[[:space:]]*//p' "$newest")
set -f
# shellcheck disable=SC2086 # arguments, one word each
cmdline=$(clean_command_line $options)
set +f
mkdir -p /etc/kernel
printf '%s\\n' "$cmdline" >/etc/kernel/cmdline
chmod 0644 /etc/kernel/cmdline
echo "kernel command line: $cmdline"
if [ -f /etc/default/grub ]; then
    arguments=\${cmdline#root=UUID=* ro}
    ARGUMENTS=\${arguments# } awk '
        function line() { return "GRUB_CMDLINE_LINUX=\\"" ENVIRON["ARGUMENTS"] "\\"" }
        /^GRUB_CMDLINE_LINUX=/ { if (!done) print line(); done = 1; next }
        { print }
        END { if (!done) print line() }
    ' /etc/default/grub >/etc/default/grub.new
    cat /etc/default/grub.new >/etc/default/grub
    rm /etc/default/grub.new
fi`}e(v,"writeCommandLine");const $=`made=0
for kernel in /boot/vmlinuz-*; do
    version=\${kernel#/boot/vmlinuz-}
    case $version in *rescue* | '*') continue ;; esac
    [ -d "/usr/lib/modules/$version" ] || { echo "the kernel $version has no modules"; exit 1; }
    echo "initramfs for $version"
    dracut --force --no-hostonly --kver "$version" "/boot/initramfs-$version.img"
    [ -s "/boot/initramfs-$version.img" ] || { echo "dracut made no initramfs for $version"; exit 1; }
    made=$((made + 1))
done
[ "$made" -gt 0 ] || { echo 'no kernel is installed'; exit 1; }`;function d(n){return`${u(n)}

set -f
# shellcheck disable=SC2046 # arguments, one word each
cmdline=$(clean_command_line $(cat /etc/kernel/cmdline))
set +f
printf '%s\\n' "$cmdline" >/etc/kernel/cmdline
# A boot file as its entry names it: below /boot where that is a filesystem of its own, else from the root.
exists() { [ -s "/boot$1" ] || [ -s "$1" ]; }
boot_files() { sed -n -E 's/^(linux|initrd)[[:space:]]+//p' "$1" | tr ' ' '\\n' | grep -v '^\\$'; }

count=0
default=''
for entry in ${g}; do
    [ -f "$entry" ] || continue
    # Variables of GRUB, such as $tuned_params, are not for the kernel and stay.
    variables=$(sed -n 's/^options[[:space:]]*//p' "$entry" | tr ' ' '\\n' | { grep '^\\$' || :; } | paste -s -d ' ' -)
    OPTIONS="$cmdline\${variables:+ $variables}" awk '
        $1 == "options" { if (!done) print "options " ENVIRON["OPTIONS"]; done = 1; next }
        { print }
        END { if (!done) print "options " ENVIRON["OPTIONS"] }
    ' "$entry" >"$entry.new"
    cat "$entry.new" >"$entry"
    rm "$entry.new"
    missing=$(boot_files "$entry" | while read -r file; do exists "$file" || echo "$file"; done)
    [ -z "$missing" ] || { echo "$entry names what does not exist: $missing"; exit 1; }
    count=$((count + 1))
    case $entry in *rescue*) continue ;; esac
    version=$(awk '$1 == "version" { print $2 }' "$entry")
    default=$(printf '%s\\n' "$default" "$version $(basename "$entry" .conf)" | sort -V | tail -n 1)
done
[ -n "$default" ] || { echo 'there is no boot entry'; exit 1; }

for kernel in /boot/vmlinuz-*; do
    version=\${kernel#/boot/vmlinuz-}
    case $version in *rescue*) continue ;; esac
    grep -q "^version[[:space:]]*$version\\$" ${g} || { echo "the kernel $version has no boot entry"; exit 1; }
done

default=\${default#* }
if command -v grub2-editenv >/dev/null 2>&1 && [ -f /boot/grub2/grubenv ]; then
    grub2-editenv /boot/grub2/grubenv set "saved_entry=$default"
fi
echo "$count boot entries, default $default: $cmdline"`}e(d,"fixBootEntries");const m="rke2-actions-files",f=`/var/tmp/${m}`,w=`rm -r ${f}`;function s(n){return n.map(E).join(`
`)}e(s,"installFiles");function E({path:n,mode:b,owner:I,group:B}){const H=(0,i.ZL)(n);return`install -D -o ${I} -g ${B} -m ${b} ${(0,i.ZL)(`${f}${n}`)} ${H}
echo ${(0,i.ZL)(`${n} ${b} ${I}:${B}`)}`}e(E,"installFile");function r(n){return n.map(({path:b,mode:I,owner:B,group:H})=>`install -d -o ${B} -g ${H} -m ${I} ${(0,i.ZL)(b)}`).join(`
`)}e(r,"makeDirectories");function _({downloads:n}){return n.map(({path:b,mode:I})=>`chown root:root ${(0,i.ZL)(b)}
chmod ${I} ${(0,i.ZL)(b)}
ls -l ${(0,i.ZL)(b)}`).join(`
`)}e(_,"settleDownloads");function y({mode:n,type:b}){return`[ -f /etc/selinux/config ] || { echo 'the image has no /etc/selinux/config'; exit 1; }
sed -i -e 's/^SELINUX=.*/SELINUX=${n}/' -e 's/^SELINUXTYPE=.*/SELINUXTYPE=${b}/' /etc/selinux/config
grep -q '^SELINUX=${n}$' /etc/selinux/config
grep -q '^SELINUXTYPE=${b}$' /etc/selinux/config`}e(y,"setSelinux");function L({enable:n,disable:b,mask:I}){const B=`unit_exists() {
    for folder in /etc /usr/lib /lib; do
        [ -e "$folder/systemd/system/$1" ] && return 0
    done
    return 1
}`,H=`for unit in ${A(b)}; do
    if unit_exists "$unit"; then systemctl disable "$unit"; else echo "$unit does not exist"; fi
done`;return[b.length>0&&`${B}
${H}`,I.length>0&&`systemctl mask ${A(I)}`,n.length>0&&`systemctl enable ${A(n)}`].filter(Boolean).join(`
`)}e(L,"setServices");function P({script:n,environment:b={}}){return`${Object.entries(b).map(([B,H])=>`${B}=${(0,i.ZL)(H)}
`).join("")}${n}`}e(P,"runOwnCommand");function J(n){return`dnf -y --best ${["--setopt=install_weak_deps=False","--setopt=keepcache=0",...n.repositories.map(({id:I})=>`--enablerepo=${I}`)].join(" ")}`}e(J,"dnf");const R="update-ca-trust";function C(n){const b=n.repositories.flatMap(H=>H.replaces),I=n.otherRepositories==="disable"?"all":b.join(" ");return`ours=' ${n.repositories.map(({id:H})=>`/etc/yum.repos.d/${H}.repo`).join(" ")} '
for file in /etc/yum.repos.d/*.repo; do
    [ -f "$file" ] || continue
    case $ours in *" $file "*) continue ;; esac
    awk -v wanted=' ${I} ' '
        /^[[:space:]]*\\[.*\\]/ {
            id = $0
            gsub(/^[[:space:]]*\\[|\\].*$/, "", id)
            off = wanted == " all " || index(wanted, " " id " ") > 0
            print
            if (off) print "enabled=0"
            next
        }
        off && /^[[:space:]]*enabled[[:space:]]*=/ { next }
        { print }
    ' "$file" >"$file.new"
    if cmp -s "$file" "$file.new"; then rm "$file.new"; continue; fi
    cat "$file.new" >"$file"
    rm "$file.new"
    echo "repositories switched off in $file"
done`}e(C,"disableRepositories");function z(n){return`found=''
for name in ${A(n.packages.absent)}; do
    if rpm -q "$name" >/dev/null 2>&1; then found="$found $name"; fi
done
if [ -z "$found" ]; then
    echo 'none of the unwanted packages is installed'
else
    # shellcheck disable=SC2086 # names of packages, one word each
    dnf -y --disablerepo='*' remove $found
fi`}e(z,"removePackages");function K(n){return`${J(n)} upgrade`}e(K,"updatePackages");function U(n){return`${J(n)} install ${A(n.packages.install)}`}e(U,"installPackages");const W="pending security update: ",ee="pending security updates: ";function Y(n){return`list=$(${J(n)} --quiet updateinfo list --security)
count=0
while IFS= read -r line; do
    [ -n "$line" ] || continue
    count=$((count + 1))
    echo "${W}$line"
done <<END
$list
END
echo "${ee}$count"`}e(Y,"listPendingUpdates");function se(n){const{install:b,absent:I}=n.packages,B=`for name in ${A(b)}; do
    rpm -q --whatprovides "$name" >/dev/null 2>&1 || { echo "the package $name is not installed"; bad=1; }
done`,H=`for name in ${A(I)}; do
    ! rpm -q "$name" >/dev/null 2>&1 || { echo "the package $name is installed"; bad=1; }
done`;return["bad=0",b.length>0&&B,I.length>0&&H,'[ "$bad" -eq 0 ]'].filter(Boolean).join(`
`)}e(se,"checkPackages");const te="/etc/.resolv.conf.sealed",he=["/etc/machine-id","/etc/resolv.conf"];function fe({sealing:n}){const b=n.emptied.filter(I=>!he.includes(I));return`if command -v cloud-init >/dev/null 2>&1; then cloud-init clean --logs --seed; fi
dnf -q clean all
[ -L /var/lib/dbus/machine-id ] || rm -f /var/lib/dbus/machine-id
# Logs keep their files, owners and modes, and lose what is in them; those of dnf and rpm begin anew on the node.
find /var/log -type f -exec truncate -s 0 {} +
${n.removed.map(I=>`rm -rf -- ${I}`).join(`
`)}
${b.map(I=>`: >${I}`).join(`
`)}
[ -e /etc/machine-id ] || : >/etc/machine-id`}e(fe,"seal");function ue({selinux:n,sealing:b}){const I=b.emptied.includes("/etc/resolv.conf")?`
[ -e /etc/resolv.conf ] || : >/etc/resolv.conf
ln -f /etc/resolv.conf ${te}
chmod 0644 ${te}
: >${te}`:"";return`contexts=/etc/selinux/${n.type}/contexts/files/file_contexts
[ -s "$contexts" ] || { echo "the policy has no $contexts"; exit 1; }
# What holds no labels is left out; what is mounted below / is named, for older setfiles does not cross filesystems.
set -- -F -m
for folder in /proc /sys /dev /run; do set -- "$@" -e "$folder"; done
mounted=''
while read -r _ point type _; do
    case $point in /proc* | /sys* | /dev* | /run* | /) continue ;; esac
    case $type in
        vfat | iso9660 | tmpfs) set -- "$@" -e "$point" ;;
        *) mounted="$mounted $point" ;;
    esac
done </proc/mounts
# shellcheck disable=SC2086 # mount points, one word each
/usr/sbin/setfiles "$@" "$contexts" / $mounted
rm -f /.autorelabel${I}
echo "labelled by $contexts: /$mounted"`}e(ue,"relabel");function ie(n){return`downloads/${n.sha256}`}e(ie,"stagedDownload");function S(n){const b=F(n),I=b.map(me);return{commands:b.map((H,le)=>H.command??`run @STAGE@/${I[le].name}`).map(H=>`${H}
`).join(""),files:[...n.files.map(pe),...I.filter((H,le)=>b[le].script!==void 0)],steps:b.map(({id:H,title:le})=>({id:H,title:le}))}}e(S,"renderCustomize");const j=new Set(["certificates","repositories","initramfs","services"]);function F(n){const b=n.files.filter(B=>j.has(B.origin)),I=n.files.filter(B=>!j.has(B.origin));return[...X(n,b),...M(n),...q(n,I),...V(n),...G(n)]}e(F,"stepsOf");function X(n,b){const I=n.downloads.length>0?[...new Set(n.downloads.map(({path:B})=>$e(B)))]:[];return ae([{id:"stage-files",title:"Copy the recipe's files into the image",command:`copy-in @STAGE@/${m}:/var/tmp`},...I.map((B,H)=>({id:`download-folder-${H+1}`,title:`Make ${B}`,command:`mkdir ${B}`})),...n.downloads.map((B,H)=>({id:`download-${H+1}`,title:`Put ${B.path} in place`,command:`upload @STAGE@/${ie(B)}:${B.path}`})),n.downloads.length>0&&{id:"downloads",title:"Set owner and mode of downloads",script:_(n)},b.length>0&&{id:"early-files",title:"Install the files that packages depend on",script:s(b)},n.certificates.length>0&&{id:"certificates",title:"Trust the CA certificates",script:R},{id:"repositories",title:"Switch off replaced repositories",script:C(n)},{id:"kernel-command-line",title:"Write the kernel command line",script:v(n.kernelCommandLine)}])}e(X,"stageSteps");function M(n){const{absent:b,update:I,install:B}=n.packages;return ae([b.length>0&&{id:"remove-packages",title:"Remove unwanted packages",script:z(n)},I&&{id:"update-packages",title:"Update all packages",script:K(n)},B.length>0&&{id:"install-packages",title:"Install packages",script:U(n)},{id:"check-packages",title:"Check what is installed",script:se(n)},{id:"pending-updates",title:"List pending security updates",script:Y(n)},{id:"repositories-again",title:"Switch off what packages brought back",script:C(n)}])}e(M,"packageSteps");function q(n,b){return ae([n.directories.length>0&&{id:"directories",title:"Make directories",script:r(n.directories)},{id:"files",title:"Install files",script:[s(b),w].join(`
`)},{id:"selinux",title:"Set the SELinux mode",script:y(n.selinux)},{id:"services",title:"Choose services",script:L(n.services)},...n.commands.map(I=>({id:I.id,title:I.title,script:P(I)}))])}e(q,"contentSteps");function V(n){return[{id:"initramfs",title:"Build an initramfs for every kernel",script:$},{id:"boot-entries",title:"Correct and check the boot entries",script:d(n.kernelCommandLine)}]}e(V,"bootSteps");function G(n){const{emptied:b}=n.sealing;return ae([{id:"seal",title:"Remove what belongs to one machine",script:fe(n)},{id:"relabel",title:"Label all files for SELinux",script:ue(n)},b.includes("/etc/resolv.conf")&&{id:"resolv-conf",title:"Empty /etc/resolv.conf",command:`move ${te}:/etc/resolv.conf`},{id:"builder-log",title:"Remove the log of the bake",command:"delete /tmp/builder.log"},...b.includes("/etc/machine-id")?[{id:"machine-id",title:"Empty /etc/machine-id",command:"truncate /etc/machine-id"},{id:"machine-id-mode",title:"Protect /etc/machine-id",command:"chmod 0444:/etc/machine-id"}]:[]])}e(G,"sealingSteps");function ae(n){return n.filter(b=>b!==!1)}e(ae,"present");function me({id:n,title:b,script:I=""},B){return{name:`steps/${String(B+1).padStart(2,"0")}-${n}.sh`,content:T(b,I),mode:"0644"}}e(me,"stagedScript");function pe(n){return{name:`${m}${n.path}`,content:n.content,mode:"0600"}}e(pe,"stagedFile");const $e=e(n=>n.slice(0,n.lastIndexOf("/"))||"/","customize_parent")}),9955:((Q,x,t)=>{t.d(x,{ax:e(()=>A,"ax"),dF:e(()=>N,"dF"),qj:e(()=>h,"qj")});var i=t(8338);const h="RECIPE_DIGEST";function N(p){return(0,i.qQ)("sha256",(0,i.dj)({...p,files:p.files.map(T)}))}e(N,"recipeDigest");function T(p){return p.origin!=="release"?p:{...p,content:p.content.replace(new RegExp(`^GOLDEN_${h}=.*
`,"m"),"")}}e(T,"withoutDigest");function A(p){const u=[...p.repositories].sort((g,v)=>g.id<v.id?-1:1);return(0,i.qQ)("sha256",(0,i.dj)({...p,repositories:u}))}e(A,"fingerprintOf")}),6120:((Q,x,t)=>{t.d(x,{IB:e(()=>v,"IB"),MR:e(()=>$,"MR"),PM:e(()=>h,"PM"),Vg:e(()=>g,"Vg"),YS:e(()=>p,"YS"),fh:e(()=>A,"fh"),gF:e(()=>N,"gF"),g_:e(()=>T,"g_"),t3:e(()=>u,"t3")});const i=e((d,m)=>({owner:"root",group:"root",mode:"0644",...m,origin:d}),"file");function h(d){return d.map(({name:m,pem:f})=>i("certificates",{path:`/etc/pki/ca-trust/source/anchors/${m}.pem`,content:f}))}e(h,"certificateFiles");function N(d){return d.flatMap(m=>{const{armoured:f,file:w}=m.gpgKey,s=f?[i("repositories",{path:w,content:`${f.trim()}
`})]:[],E=i("repositories",{path:`/etc/yum.repos.d/${m.id}.repo`,content:T(m)});return[...s,E]})}e(N,"repositoryFiles");function T({id:d,name:m,baseurl:f,enabled:w,repoGpgcheck:s,gpgKey:E}){return`[${d}]
name=${m}
baseurl=${f}
enabled=${w?1:0}
gpgcheck=1
repo_gpgcheck=${s?1:0}
gpgkey=file://${E.file}
skip_if_unavailable=0
`}e(T,"repositoryText");function A(d){if(d.length===0)return[];const m=`# The image is made in an appliance that has none of the devices it will boot with.
hostonly="no"
hostonly_cmdline="no"
force_drivers+=" ${d.join(" ")} "
`;return[i("initramfs",{path:"/etc/dracut.conf.d/90-golden-image.conf",content:m})]}e(A,"initramfsFiles");function p(d){return Object.entries(d).map(([m,f])=>{const w=Object.entries(f).map(([s,E])=>`${s} = ${E}
`);return i("sysctls",{path:`/etc/sysctl.d/${m}.conf`,content:w.join("")})})}e(p,"sysctlFiles");function u(d){if(d.length===0)return[];const m=d.map(f=>`${f}
`).join("");return[i("kernel-modules",{path:"/etc/modules-load.d/90-golden-image.conf",content:m})]}e(u,"kernelModuleFiles");function g({enable:d,disable:m,mask:f}){const w=[...d.map(s=>`enable ${s}
`),...[...m,...f].map(s=>`disable ${s}
`)];return w.length===0?[]:[i("services",{path:"/etc/systemd/system-preset/10-golden-image.preset",content:w.join("")})]}e(g,"presetFiles");function v(d){if(!d)return[];const m=e((f,w)=>i("firewall",{path:`/etc/sysconfig/${f}`,content:w,mode:"0600",selinuxType:"system_conf_t"}),"rules");return[m("iptables",d.ipv4),m("ip6tables",d.ipv6)]}e(v,"firewallFiles");function $(d,m){const f=Object.entries(m).map(([w,s])=>`GOLDEN_${w}="${s.replace(/(["\\$`])/g,"\\$1")}"
`);return i("release",{path:d,content:f.join("")})}e($,"releaseFile")})};
