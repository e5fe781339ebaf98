var Re=Object.defineProperty;var e=(ne,K)=>Re(ne,"name",{value:K,configurable:!0});export const id=995,ids=[995],modules={59466:((ne,K,t)=>{t.d(K,{a:e(()=>I,"a"),y:e(()=>_,"y")});var o=t(48161),g=t(76760),M=t(20329);function I($,{runId:v,env:A}){if($.builder!=="runner")return{};const p=e(E=>A[E]||A[E.toUpperCase()]||void 0,"own");return{runner:N($["cache-folder"],{runId:v,env:A}),proxy:{http:$["http-proxy"]??p("http_proxy"),https:$["https-proxy"]??p("https_proxy"),no:$["no-proxy"]??p("no_proxy")}}}e(I,"bakedHere");function N($,{runId:v,env:A}){const p=A.RUNNER_TOOL_CACHE;return{folder:_(v,A),cacheFolder:$??(p&&(0,g.join)(p,"rke2-actions","downloads")),environment:A}}e(N,"runnerPlace");function _($,v){return(0,M.Xs)(v.RUNNER_TEMP??(0,o.tmpdir)(),$)}e(_,"folderOf")}),75789:((ne,K,t)=>{t.d(K,{PE:e(()=>le,"PE"),e_:e(()=>R,"e_")});var o=t(45145),g=t(82588),M=t(36120),I=t(77030),N=t(38522),_=t(38815),$=t(76351);const v=1024*1024-1024;function A(b,O,L){const C={ssh_pwauth:!1,...L.length>0&&{ssh_authorized_keys:L},write_files:b.map(W=>({path:W.name,permissions:W.mode,encoding:"gz+b64",content:m(W.content)})),runcmd:[O]};return`#cloud-config
${(0,_.As)(C,{version:"1.1",lineWidth:0})}`}e(A,"renderUserData");function p(b){const{addresses:O,gateways:L,nameservers:C}=b,W={dhcp4:!1,addresses:O,...L.length>0&&{routes:L.map(X=>({to:(0,I.isIPv6)(X)?"::/0":"0.0.0.0/0",via:X}))},...C.length>0&&{nameservers:{addresses:C}}},J={version:2,ethernets:{[b.interface??"eth0"]:W}};return(0,_.As)(J,{version:"1.1",lineWidth:0})}e(p,"renderNetworkData");function E(b,O){const L=b.reduce((W,J)=>W+Buffer.byteLength(J),0);if(L<=v)return;const C=O.map(({name:W,content:J})=>({name:W,bytes:m(J).length})).sort((W,J)=>J.bytes-W.bytes).slice(0,5);throw new o.yo("BUILDER_TOO_LARGE",`The builder's cloud-init data has ${(0,$.z)(L)}; a Kubernetes Secret holds ${(0,$.z)(v)}.`,{mend:'Let the builder fetch large content: list it under "downloads" of the recipe, with its sha256.',evidence:C.map(({name:W,bytes:J})=>`${W}: ${(0,$.z)(J)} compressed`)})}e(E,"assertFits");function m(b){return(0,N.gzipSync)(b,{level:9}).toString("base64")}e(m,"packed");function l(b){return b.raw[0].replace(/\\(`|\$\{)/g,"$1")}e(l,"script");const i=l`# shellcheck shell=bash disable=SC2034
# Phase accelerate: a /dev/kvm proves nothing (facts/golden-images.md D39), only a guest that starts does. Where none
# starts with KVM, guests are emulated and the limits are the longer ones.

phase_accelerate() {
  local reason
  tell_tools
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

# For the build record: the same recipe may come out otherwise from other tools.
tell_tools() {
  local tool version versions=''
  for tool in qemu-img guestfish virt-customize; do
    version=$("$tool" --version 2>/dev/null | sed -nE '1s/^[^0-9]*([0-9][0-9.]*).*/\1/p') || version=''
    versions+="\${versions:+,}\"$tool\":\"\${version:-unknown}\""
  done
  mark "{\"mark\":\"tools\",\"versions\":{$versions}}"
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
`,y=l`#!/bin/bash
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
`,k=l`# shellcheck shell=bash
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
`,h=l`# shellcheck shell=bash disable=SC2034
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
`,n=l`"""Reads the verbose output of virt-customize on stdin and says what matters of it: a step mark for each command, the
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
`,u=l`# shellcheck shell=bash disable=SC2034
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
`,d=l`# shellcheck shell=bash disable=SC2034
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
`,w=l`# shellcheck shell=bash disable=SC2034
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
`,D=l`# shellcheck shell=bash
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
`,G=l`# shellcheck shell=bash
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
`,F=l`"""The one writer of the console: copies stdin, line by line, to the serial console and the log, takes secrets out, and
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
`,ee=l`# shellcheck shell=bash
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
`,q=l`"""Serves three files under a secret path, to whoever knows it: golden.qcow2, status.json and log below /<token>/. HEAD, byte
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
`;var se=t(48790);const oe="/var/lib/rke2-actions/bake",ae=Object.entries({"bake.sh":y,"marks.sh":w,"prepare.sh":D,"download.sh":u,"accelerate.sh":i,"customize.sh":h,"compress.sh":k,"probe.sh":G,"hash.sh":d,"serve.sh":ee,"relay.py":F,"customize-log.py":n,"server.py":q}).map(([b,O])=>({name:`bin/${b}`,content:O,mode:"0700"}));function le(b){return U(b),B(b)}e(le,"bakeFiles");function R(b){const O=le(b).map(W=>({...W,name:`${oe}/${W.name}`})),L=A(O,["bash",`${oe}/bin/bake.sh`],b.sshAuthorizedKeys),C=b.staticNetwork&&p(b.staticNetwork);return E([L,C??""],O),{userData:L,...C&&{networkData:C},scripts:ae,files:O}}e(R,"renderBuilder");function B(b){const{recipe:O,customize:L,probe:C}=b,W=e((X,Y)=>({name:X,content:Y,mode:"0600"}),"plain"),J=[...L.files,...C.files];return[...ae,W("settings.env",(0,se.cD)(b)),W("token",`${b.token}
`),W("secrets",(0,se.Fj)(b).map(X=>`${X}
`).join("")),W("commands",L.commands),W("steps.tsv",L.steps.map(({id:X,title:Y})=>H(X,Y)).join("")),W("downloads.tsv",O.downloads.map(X=>H(X.sha256,(0,g.ZF)(X),X.path,X.url)).join("")),...(O.toolRepositories??[]).flatMap(V),...O.certificates.map(({name:X,pem:Y})=>W(`ca/${X}.crt`,`${Y.trim()}
`)),...J.map(X=>({...X,name:`stage/${X.name}`}))]}e(B,"filesOf");function V(b){const{id:O,gpgKey:L}=b,C=`repos/${O}.key`,W=L.armoured===void 0?L:{...L,file:`${oe}/${C}`},J=(0,M.g_)({...b,enabled:!0,gpgKey:W});return[{name:`repos/${O}.repo`,content:J,mode:"0644"},...L.armoured===void 0?[]:[{name:C,content:`${L.armoured.trim()}
`,mode:"0644"}]]}e(V,"toolRepository");function H(...b){return`${b.map(O=>O.replace(/[\t\r\n]+/g," ")).join("	")}
`}e(H,"row");function U(b){const{customize:O,probe:L,recipe:C}=b,W=[...O.files,...L.files].map(({name:Y})=>Y),J=O.commands.split(`
`).filter(Y=>Y!==""),X=[!/^[\w-]{16,}$/.test(b.token)&&'the token must be 16 or more letters, digits, "_" or "-"',!/^[0-9a-f]{64}$/.test(b.base.sha256)&&`the base's sha256 is "${b.base.sha256}"`,!Number.isInteger(b.port)&&`the port is ${b.port}`,J.length!==O.steps.length&&`${J.length} commands do not match ${O.steps.length} steps`,!W.includes(L.entry)&&`the probe's entry "${L.entry}" is none of its files`,...W.filter((Y,ce)=>W.indexOf(Y)!==ce).map(Y=>`"${Y}" is staged twice`),...W.filter(Y=>!z(Y)).map(Y=>`"${Y}" lies outside of the stage`),...C.certificates.filter(({name:Y})=>!/^[\w][\w.-]*$/.test(Y)).map(({name:Y})=>`the certificate name "${Y}" is no file name`)].filter(Y=>Y!==!1);if(X.length>0)throw new o.Gd("BUILDER_INPUT",`The builder cannot be rendered: ${X.join("; ")}.`)}e(U,"assertInput");function z(b){return b!==""&&!b.startsWith("/")&&!b.split("/").includes("..")}e(z,"isBelow")}),99676:((ne,K,t)=>{t.d(K,{X:e(()=>ye,"X"),x:e(()=>ke,"x")});var o=t(51455),g=t(76760),M=t(57075),I=t(42030),N=t(15902),_=t(45145),$=t(92029);const v="RKE2_ACTIONS_MARK",A=25,p=2e3;async function E(a){const c=(await(0,o.readdir)("/proc").catch(()=>[])).filter(P=>/^\d+$/.test(P)),f=await Promise.all(c.map(P=>(0,o.readFile)(`/proc/${P}/environ`,"utf8").catch(()=>""))),S=e(P=>f[P].split("\0").includes(`${v}=${a}`),"carries");return c.filter((P,j)=>S(j)).map(Number)}e(E,"markedProcesses");async function m(a,{grace:r,clock:c=I.ml}){const f=new Set;return(await l(a,{limit:r,clock:c},P=>{f.has(P)||i(P,"SIGTERM"),f.add(P)})).length===0?[]:l(a,{limit:p,clock:c},P=>i(P,"SIGKILL"))}e(m,"endMarked");async function l(a,{limit:r,clock:c},f){const S=c.monotonic()+r;for(;;){const P=await E(a);if(P.length===0||c.monotonic()>=S)return P;for(const j of P)f(j);await c.sleep(A)}}e(l,"goneWithin");function i(a,r){try{process.kill(a,r)}catch{}}e(i,"signalTo");var y=t(82588),k=t(75789),h=t(73024),n=t(46466),u=t(28338),d=t(84470),w=t(76351),D=t(31666),G=t(48161);const F=["/usr/local/sbin","/usr/local/bin","/usr/sbin","/usr/bin","/sbin","/bin"],ee=1800*1024**2,q={bash:["bash","bash"],python3:["python3","python3"],"qemu-img":["qemu-utils","qemu-img"],guestfish:["libguestfs-tools","libguestfs"],"virt-customize":["guestfs-tools","guestfs-tools"],"virt-sparsify":["guestfs-tools","guestfs-tools"]},se=[{folder:"/boot",name:/^vmlinu[xz]/},{folder:"/lib/modules",name:/\d/}];async function oe(a=F){const r=Object.keys(q),c=await Promise.all(r.map(f=>ae(f,a)));return{platform:process.platform,missing:r.filter((f,S)=>!c[S]),kernel:await le(),memory:(0,G.totalmem)()}}e(oe,"thisMachine");async function ae(a,r){return(await Promise.all(r.map(f=>R(h.constants.X_OK,(0,g.join)(f,a))))).includes(!0)}e(ae,"isInstalled");async function le(){for(const{folder:a,name:r}of se){const c=(await(0,o.readdir)(a).catch(()=>[])).filter(S=>r.test(S)),f=a==="/boot"?c:c.map(S=>(0,g.join)(S,"vmlinuz"));for(const S of f)if(await R(h.constants.R_OK,(0,g.join)(a,S)))return!0}return!1}e(le,"hasKernel");function R(a,r){return(0,o.access)(r,a).then(()=>!0,()=>!1)}e(R,"may");function B({platform:a,missing:r,kernel:c,memory:f}){const S=[...a==="linux"?[]:[`its system is ${a}, libguestfs needs Linux`],...r.length>0?[`it lacks ${r.join(", ")}`]:[],...c?[]:["it has no kernel that this user may read"],...f>=ee?[]:[`it has ${(0,w.z)(f)} of memory, a bake needs 2 GiB`]];if(S.length!==0)throw new _.yo("RUNNER_NOT_EQUIPPED",`This runner cannot bake: ${S.join("; ")}.`,{mend:H(r,c),evidence:r.map(V)})}e(B,"requireEquipped");function V(a){const[r,c]=q[a];return`${a}: package ${r} on Debian and Ubuntu, ${c} on Rocky Linux`}e(V,"toolLine");function H(a,r){const c=e(j=>[...new Set(a.map(te=>q[te][j]))].join(" "),"packages"),f=`Install them: "apt-get install ${c(0)} libguestfs-xfs", or "dnf install ${c(1)} libguestfs-xfs".`;return[...[...a.length>0?[f]:[],...r?[]:["Install a kernel package, and let the user of the runner read it: chmod 0644 /boot/vmlinuz-*."]],"Or bake inside Harvester, with builder: vm."].join(" ")}e(H,"mendOf");async function U(a,r){const c=new Map;for(const{folder:f,bytes:S}of a){const{dev:P}=await(0,o.stat)(f),j=c.get(P);c.set(P,{folder:j?.folder??f,bytes:S+(j?.bytes??0)})}for(const{folder:f,bytes:S}of c.values()){const{bavail:P,bsize:j}=await(0,o.statfs)(f);if(P*j>=S)continue;const te=(0,w.z)(P*j);throw z(`${r}: ${te} free below ${f}, ${(0,w.z)(S)} needed`)}}e(U,"requireSpace");function z(a,r){return new _.yo("RUNNER_DISK_FULL",`The runner has not enough space to ${a}.`,{mend:"Free space, or give the runner's temporary folder a larger disk.",...r!==void 0&&{cause:r}})}e(z,"diskFull");const b=2e3,O=new Set([408,425,429,500,502,503,504]),L="514649fb";async function C(a,r,c){const{cacheFolder:f}=c;if(!f)return J(a,r,c);const S=(0,g.join)(f,`${a.sha256}${a.qcow2?".qcow2":""}`);if(!await W(S,a,c)){await(0,o.mkdir)(f,{recursive:!0});const P=`${S}.${process.pid}.part`;try{await J(a,P,c),await(0,o.rename)(P,S)}finally{await(0,o.rm)(P,{force:!0})}}await(0,o.copyFile)(S,r,h.constants.COPYFILE_FICLONE)}e(C,"fetchLocked");async function W(a,r,c){const f=await(0,o.stat)(a).catch(()=>{});return f?await(0,u.DC)("sha256",a,c.signal)!==r.sha256?(c.log.warning(`${r.title} was kept in ${a}, but damaged: it is downloaded anew`),await(0,o.rm)(a),!1):(await c.room(f.size,!0),c.log.info(`${r.title}: kept from an earlier run, ${(0,w.z)(f.size)}, sha256 checked`),!0):!1}e(W,"isIntact");async function J(a,r,c){const{title:f,url:S,sha256:P,qcow2:j}=a,{log:te,clock:re,signal:ie}=c;te.info(`downloading ${f} from ${(0,d.B)(S)}`),await(0,D.L)(()=>ce(a,r,c),{doing:`downloading ${f}`,firstDelay:b,retryable:Y,clock:re,log:te,signal:ie}).catch(de=>{throw de.code==="ENOSPC"?z(`download ${f}`,de):de instanceof X?x(f,de.message,de):de}),j&&await s(a,r);const{size:ue}=await(0,o.stat)(r),he=await(0,u.DC)("sha256",r,ie);if(he!==P)throw T(a,he,ue);te.info(`${f}: ${(0,w.z)(ue)}, sha256 ${he}`)}e(J,"download");class X extends Error{static{e(this,"Unanswered")}}function Y(a){return a instanceof X?!0:a instanceof _.eG&&/^HTTP_(REFUSED|UNREACHABLE|TIMEOUT|RESET|FAILED|DNS)$/.test(a.code)}e(Y,"isTransient");async function ce(a,r,c){const f=(await(0,o.stat)(r).catch(()=>{}))?.size??0,{http:S,signal:P}=c,j=f>0?{range:`bytes=${f}-`}:{},te=await S.request(a.url,{headers:j,signal:P});try{const re=te.status===206&&f>0;!re&&te.status!==200&&await me(te,a,r);const ie=re?f:0,ue=Number(te.headers["content-length"]??Number.NaN)+ie;ie===0&&ue>0&&await c.room(ue,!1),await(0,n.pipeline)(te.body,pe(ie,he=>c.progress($e(a.title,he,ue))),(0,h.createWriteStream)(r,{flags:re?"a":"w",mode:384}),{signal:P})}finally{te.body.destroy()}}e(ce,"receive");async function me(a,{title:r},c){const f=`the server answered ${a.status} for ${(0,d.B)(a.url)}`;if(a.status===416)await(0,o.rm)(c,{force:!0});else if(!O.has(a.status))throw x(r,f);throw new X(f)}e(me,"refuse");function pe(a,r){return e(async function*(f){let S=a;for await(const P of f)S+=P.length,r(S),yield P},"count")}e(pe,"counted");function $e(a,r,c){return`downloading ${a}: ${(0,w.z)(r)}${c>0?` of ${(0,w.z)(c)}`:""}`}e($e,"progressText");async function s({title:a,url:r},c){let f=Buffer.alloc(0);for await(const j of(0,h.createReadStream)(c,{end:79}))f=Buffer.concat([f,j]);if(f.subarray(0,4).toString("hex")===L)return;const S=f.toString("latin1").replace(/[^\x20-\x7e]+/g," "),P=f[0]===60?"a web page":"something else";throw new _.eG("DOWNLOAD_NO_IMAGE",`Downloading ${a}: ${(0,d.B)(r)} gave ${P}, not a qcow2 image. It begins with: ${S}`,{mend:"Correct base.url of the recipe; the image must not be compressed as a file."})}e(s,"requireQcow2");function T({title:a,url:r,sha256:c},f,S){return new _.eG("DOWNLOAD_CHECKSUM",`The sha256 of ${a} is ${f}, expected was ${c} (${S} bytes from ${(0,d.B)(r)}).`,{mend:"A mirror may lag behind, or the file was replaced: compare with the checksum its maker publishes."})}e(T,"otherBytes");function x(a,r,c){return new _.eG("DOWNLOAD_FAILED",`Downloading ${a} failed: ${r}.`,{mend:"Check the URL in the recipe, and that the runner can reach it.",...c!==void 0&&{cause:c}})}e(x,"failed");async function Z(a){const r=await Promise.all(a.map(Q));return[...new Set(r.flat())]}e(Z,"guestfsSockets");async function Q(a){const r=await(0,o.readdir)(`/proc/${a}/fd`).catch(()=>[]),c=await Promise.all(r.map(j=>(0,o.readlink)(`/proc/${a}/fd/${j}`).catch(()=>""))),f=new Set(c.flatMap(j=>/^socket:\[(\d+)\]$/.exec(j)?.[1]??[]));return(await(0,o.readFile)(`/proc/${a}/net/unix`,"utf8").catch(()=>"")).split(`
`).map(j=>j.trim().split(/\s+/)).flatMap(([,,,,,,j,te])=>j&&te&&f.has(j)&&fe((0,g.dirname)(te))?[te]:[])}e(Q,"socketsOf");function fe(a){return/^(libguestfs\w{6}|\.guestfish-\d+)$/.test((0,g.basename)(a))}e(fe,"isGuestfs");async function Ee(a){for(const r of a)await(0,o.rm)(r,{force:!0}),(0,g.basename)((0,g.dirname)(r)).startsWith("libguestfs")&&await(0,o.rmdir)((0,g.dirname)(r)).catch(()=>{})}e(Ee,"removeSockets");var ge=t(48790);const we=["accelerate","customize","compress","probe","hash"],be=1500,ve=/^(LIBGUESTFS|SUPERMIN)_/;class ye{static{e(this,"LocalBake")}#e;constructor(r){this.#e=r}get image(){return(0,g.join)(this.#e.folder,"work","golden.qcow2")}async prepare(r){const{folder:c,machine:f}=this.#e;B(f??await oe()),await Te(c),await U([{folder:c,bytes:ge.yF}],"begin a bake"),await this.#n(),await this.#s(r)}async*lines(r){const{folder:c}=this.#e;(0,I.Te)(r);const f=new M.Readable({objectMode:!0,read(){}}),S=(0,$.d1)("bash",["--norc",(0,g.join)(c,"bin","bake.sh"),...we],{cwd:c,env:this.#t(),onLine:e(j=>f.push(j),"onLine")}).then(()=>f.push(null),j=>f.destroy(j)),P=e(()=>f.destroy((0,I.Js)(r)),"onAbort");r.addEventListener("abort",P,{once:!0});try{yield*f}finally{r.removeEventListener("abort",P),await _e(c),await S}}#t(){const{environment:r,folder:c}=this.#e,f=Object.entries(r).filter(S=>ve.test(S[0])&&S[1]!==void 0);return{...Object.fromEntries(f),RKE2A_CONSOLE:"-",RKE2A_LOG:"",RKE2A_HOME:c,[v]:c}}async#n(){const{folder:r,input:c}=this.#e;for(const{name:f,content:S,mode:P}of(0,k.PE)(c)){const j=(0,g.join)(r,f);await(0,o.mkdir)((0,g.dirname)(j),{recursive:!0}),await(0,o.writeFile)(j,S),await(0,o.chmod)(j,Number.parseInt(P,8))}await(0,o.mkdir)((0,g.join)(r,"work"),{recursive:!0})}async#s(r){const{download:c}=this.#e.input.limits,f=(0,I.Bv)(r.clock,c,r.signal,()=>Oe(c));try{await this.#o({...r,signal:f.signal})}finally{f.clear()}}async#o(r){const{folder:c,input:f,cacheFolder:S}=this.#e,{base:P,recipe:j}=f,te=[[{title:"the base image",...P,qcow2:!0},(0,g.join)(c,"work","base.qcow2")],...j.downloads.map(re=>[{title:re.path,url:re.url,sha256:re.sha256,qcow2:!1},(0,g.join)(c,"stage",(0,y.ZF)(re))])];for(const[re,ie]of te)await(0,o.mkdir)((0,g.dirname)(ie),{recursive:!0}),await C(re,ie,{...r,cacheFolder:S,room:e((he,de)=>this.#a(re,he,de),"room")})}#a({title:r,qcow2:c},f,S){const{folder:P,cacheFolder:j}=this.#e,te=[{folder:P,bytes:c?3*f+ge.yF:f},...j&&!S?[{folder:j,bytes:f}]:[]];return U(te,`download ${r} and change it`)}}function Oe(a){return new _.eG("DOWNLOAD_TIMEOUT",`The downloads took longer than ${(0,N.a)(a)}.`,{mend:"Use a nearer mirror, or raise download-timeout."})}e(Oe,"tooSlow");async function Te(a){await(0,o.mkdir)((0,g.dirname)(a),{recursive:!0}),await(0,o.mkdir)(a,{mode:448}).catch(r=>{throw r.code!=="EEXIST"?r:new _.yo("BAKE_FOLDER_EXISTS",`${a} is there already: another build of this run bakes in it.`,{mend:"Let one build end before the next one of the same run begins.",cause:r})})}e(Te,"makePrivateFolder");async function ke(a,r){const c=await _e(a);c.length>0&&r.warning(`still running: processes ${c.join(", ")} of the bake in ${a}`);const f=await(0,o.stat)(a).catch(()=>{});return await(0,o.rm)(a,{recursive:!0,force:!0}),f!==void 0}e(ke,"removeLocalBake");async function _e(a){const r=await Z(await E(a)),c=await m(a,{grace:be});return await Ee(r),c}e(_e,"endProcesses")}),48790:((ne,K,t)=>{t.d(K,{yF:e(()=>v,"yF"),cD:e(()=>E,"cD"),Fj:e(()=>i,"Fj")});var o=t(92029);const g=6e4,M={download:20*g,customize:20*g,probe:5*g,compress:10*g},I={prepare:15*g,accelerate:5*g,hash:10*g,serve:2*g},N=new Set(["customize","probe","compress"]);function _(h,n,u){const d=n==="tcg"?Math.max(1,u):1,w={...I,...h},D=Object.entries(w).map(([G,F])=>[G,N.has(G)?Math.round(F*d):F]);return Object.fromEntries(D)}e(_,"phaseLimits");function $(h,n,u){return Object.values(_(h,n,u)).reduce((d,w)=>d+w,0)}e($,"totalLimit");const v=2*1024**3,A=10,p=2;function E(h){const n={RUN_ID:h.runId,RECIPE:h.recipe.name,BASE_URL:h.base.url,BASE_SHA256:h.base.sha256,PORT:h.port,VIRTUAL_SIZE:h.recipe.virtualSize??0,AIR_GAPPED:h.recipe.airGapped?"yes":"no",COMPRESS:h.compress?"yes":"no",PROBE:h.probe.entry,MINIMUM_FREE:v,KVM_SILENCE:A,DOWNLOAD_PAUSE:p,...m(h,"kvm"),...m(h,"tcg")};return[...Object.entries(n).map(([d,w])=>`${d}=${(0,o.ZL)(String(w))}`),...l(h.proxy),""].join(`
`)}e(E,"renderSettings");function m(h,n){const u=_(h.limits,n,h.emulationFactor);return Object.fromEntries(Object.entries(u).map(([d,w])=>[`LIMIT_${d.toUpperCase()}_${n.toUpperCase()}`,Math.ceil(w/1e3)]))}e(m,"limitSettings");function l(h){const n={http_proxy:h?.http,https_proxy:h?.https,no_proxy:h?.no};return Object.entries(n).filter(([,u])=>u!==void 0&&u!=="").map(([u,d])=>`export ${u}=${(0,o.ZL)(d)}`)}e(l,"proxySettings");function i(h){const u=[h.proxy?.http,h.proxy?.https,h.base.url,...h.recipe.downloads.map(({url:d})=>d)].flatMap(d=>d&&URL.canParse(d)?y(new URL(d)):[]);return[...new Set([h.token,...u])]}e(i,"secretsOf");function y(h){const{username:n,password:u,search:d}=h;return[`${n}:${u}`,u,k(u),d.slice(1)].filter(w=>w.length>=4)}e(y,"credentialsOf");function k(h){try{return decodeURIComponent(h).replaceAll(`
`,"")}catch{return h}}e(k,"decode")}),9008:((ne,K,t)=>{t.d(K,{bj:e(()=>N,"bj"),qK:e(()=>A,"qK")});var o=t(77030),g=t(42030),M=t(45145),I=t(92781);function N(i,y,k){const h=l(y.toLowerCase());return i?.get(`${h}:${k}`)??i?.get(h)}e(N,"wayTo");function _(i,y){return(k,h,n)=>new Promise((u,d)=>{const w={host:i,port:y??h},D=(0,o.connect)({...w,autoSelectFamily:!0,noDelay:!0}),G=e(se=>{n.removeEventListener("abort",ee),D.off("error",q),se()},"finish"),F=e(se=>{D.destroy(),G(()=>d(se))},"fail"),ee=e(()=>F((0,g.Js)(n)),"onAbort"),q=e(se=>F((0,I.x)(se,new URL(`http://${m(w)}`))),"onError");D.once("connect",()=>G(()=>u(D))),D.on("error",q),n.addEventListener("abort",ee),n.aborted&&ee()})}e(_,"dialAddress");const $=String.raw`(\[[0-9a-fA-F:.]+\]|[^\s:=[\]]+)(?::(\d{1,5}))?`,v=new RegExp(`^${$}=${$}$`);function A(i){const y=i.filter(k=>!v.test(k)||E(k).some(h=>h>65535));if(y.length>0)throw new M.yo("RESOLVE_INVALID",`No "host=address": ${y.join(", ")}.`,{mend:"Write one per line, such as harbor.example.com=10.0.0.5 or harbor.example.com:443=10.0.0.5:8443."});return new Map(i.map(p))}e(A,"parseResolve");function p(i){const[,y="",k,h="",n]=v.exec(i),u=l(y.toLowerCase()),d=_(l(h),n===void 0?void 0:Number(n));return[k===void 0?u:`${u}:${Number(k)}`,d]}e(p,"wayOf");function E(i){const[,,y="0",,k="0"]=v.exec(i)??[];return[Number(y),Number(k)]}e(E,"portsOf");function m({host:i,port:y}){return i.includes(":")?`[${i}]:${y}`:`${i}:${y}`}e(m,"hostPort");const l=e(i=>i.replace(/^\[|\]$/g,""),"bare")}),28338:((ne,K,t)=>{t.d(K,{DC:e(()=>$,"DC"),K7:e(()=>v,"K7"),dj:e(()=>A,"dj"),qQ:e(()=>N,"qQ")});var o=t(77598),g=t(51455),M=t(57075),I=t(42030);function N(p,E){return(0,o.createHash)(p).update(E).digest("hex")}e(N,"hashOf");const _=512*1024;async function $(p,E,m){const l=(0,o.createHash)(p),i=await(0,g.open)(E);try{const y=[Buffer.allocUnsafe(_),Buffer.allocUnsafe(_)],k=e(async()=>{(0,I.Te)(m);const{bytesRead:h,buffer:n}=await i.read(y.reverse()[0],0,_);return n.subarray(0,h)},"read");for(let h=await k();h.length>0;){const n=k();l.update(h),h=await n}}finally{await i.close()}return l.digest("hex")}e($,"hashFile");function v(p){const E=(0,o.createHash)(p);let m=0;return{stream:new M.Transform({transform(i,y,k){m+=i.length,E.update(i),k(null,i)}}),result:e(()=>({bytes:m,hex:E.copy().digest("hex")}),"result")}}e(v,"meter");function A(p){return JSON.stringify(p,(E,m)=>m&&typeof m=="object"&&!Array.isArray(m)?Object.fromEntries(Object.entries(m).sort(([l],[i])=>l<i?-1:l>i?1:0)):m)}e(A,"canonicalJson")}),69970:((ne,K,t)=>{t.d(K,{O0:e(()=>N,"O0"),cP:e(()=>_,"cP"),f$:e(()=>I,"f$")});var o=t(45145),g=t(16089);const M=/^(authorization|cookie|proxy-authorization)$|(^|-)(token|secret|key|password)$/;function I($){const v=URL.canParse($)?new URL($):void 0;if(v&&/^https?:$/.test(v.protocol))return v;throw new o.yo("HTTP_URL",`"${(0,g.B)($)}" is not an http or https URL.`,{mend:"Give a URL such as https://mirror.example.com/path."})}e(I,"parseHttpUrl");function N($){const v=Object.entries($.headers??{}).map(([A,p])=>[A.toLowerCase(),p]);return{...$,headers:Object.fromEntries(v)}}e(N,"withLowerCaseHeaders");function _($,v,A){const{body:p,headers:E={},...m}=$,l=$.method??"GET",i=v===303?l!=="HEAD":v<303&&l==="POST",y=A.to.origin!==A.from.origin,k=e(u=>y&&M.test(u)||i&&u.startsWith("content-"),"dropped"),h=Object.entries(E).filter(([u])=>!k(u)),n={...m,headers:Object.fromEntries(h)};if(i)return{...n,method:"GET"};if(p===void 0)return n;if(typeof p=="string"||p instanceof Uint8Array)return{...n,body:p};throw new o.eG("HTTP_REDIRECTS",`${(0,g.B)(A.from)} redirects a ${l} whose body is a stream.`,{mend:`Send it to ${(0,g.B)(A.to)} directly.`})}e(_,"redirected")}),84470:((ne,K,t)=>{t.d(K,{V:e(()=>D,"V"),B:e(()=>h.B,"B")});var o=t(57075),g=t(42030),M=t(9008),I=t(45145),N=t(77030),_=t(41692),$=t(74334);const v=1e4,A=3e4;async function p(R,B){const V=(0,$.K)(B.ca??[],B.client),{Agent:H,ProxyAgent:U}=await t.e(752).then(t.t.bind(t,24371,19)),z={...V&&{secureContext:V},...B.insecure&&{rejectUnauthorized:!1}},{http1:b,connections:O}=B,L={...b&&{allowH2:!1},...O&&{connections:O}};if(R.dial)return new H({...L,connect:E(R.dial,z)});const C={...z,...b&&{allowH2:!1},autoSelectFamily:!0};return R.proxy?new U({...L,uri:R.proxy,requestTls:C,proxyTls:C,connectTimeout:v}):new H({...L,connect:{...C,timeout:v}})}e(p,"makeAgent");function E(R,B){return({hostname:V,port:H,protocol:U},z)=>{const b=U==="https:",O=(0,g.Bv)(g.ml,A,void 0,()=>m(V));e(async()=>{const C=await R(V,Number(H)||(b?443:80),O.signal);return b?l(C,V,{trust:B,signal:O.signal}):C},"connected")().then(C=>z(null,C)).catch(C=>z(C,null)).finally(O.clear)}}e(E,"dialled");function m(R){return new I.eG("HTTP_TIMEOUT",`No connection to ${R} within ${A/1e3} s.`,{mend:"Check the address it is resolved to, or the tunnel that leads there."})}e(m,"tooLate");function l(R,B,{trust:V,signal:H}){return new Promise((U,z)=>{const b=B.replace(/^\[|\]$/g,""),O=(0,N.isIP)(b)?{}:{servername:b},L=_.connect({...V,...O,socket:R,host:b,ALPNProtocols:["http/1.1"]}),C=e(J=>{L.destroy(),z(J)},"fail"),W=e(()=>C(H.reason),"onAbort");H.addEventListener("abort",W,{once:!0}),L.once("error",C),L.once("close",()=>C(Object.assign(new Error("closed"),{code:"ECONNRESET"}))),L.once("secureConnect",()=>{H.removeEventListener("abort",W),L.off("error",C),U(L)})})}e(l,"encrypted");var i=t(69970),y=t(92781),k=t(13464),h=t(16089);const n=4<<20,u=3e4,d=5,w=new Set([301,302,303,307,308]);function D(R={}){const B=new Map,V=e(U=>{const z=U.dial??U.proxy,b=B.get(z)??p(U,R);return B.set(z,b),b},"agentFor"),H=e(async(U,z)=>{const b=(0,M.bj)(R.ways,U.hostname,G(U)),O=b?void 0:(0,k.i)(U,R.env??{});return{url:U,request:z,proxy:O,agent:await V({dial:b,proxy:O})}},"hop");return{request:e(async(U,z={})=>F(H,(0,i.f$)(U),(0,i.O0)(z)),"request"),close:e(async()=>{for(const U of B.values())await U.then(z=>z.destroy(),()=>{})},"close")}}e(D,"createHttp");function G(R){return Number(R.port)||(R.protocol==="https:"?443:80)}e(G,"portOf");async function F(R,B,V){const H=V.redirects??d;let[U,z]=[B,V];for(let b=0;;b++){const O=await q(await R(U,z)),{location:L}=O.headers;if(H===0||!L||!w.has(O.status))return O;if(O.body.destroy(),b===H)throw ee(B,`redirects more than ${H} times`);const C=URL.canParse(L,U.href)?new URL(L,U):void 0;if(!C||!/^https?:$/.test(C.protocol))throw ee(U,"redirects to what is no http URL");z=(0,i.cP)(z,O.status,{from:U,to:C}),U=C}}e(F,"follow");function ee(R,B){return new I.eG("HTTP_REDIRECTS",`${(0,h.B)(R)} ${B}.`,{mend:"Give the URL that the server finally leads to, or mend the server."})}e(ee,"badRedirect");async function q({url:R,request:B,proxy:V,agent:H}){const{signal:U,timeout:z=u}=B,b=e(O=>U?.aborted?(0,g.Js)(U):O instanceof I.AK?O:(0,y.x)(O,R,V),"explained");(0,g.Te)(U);try{const O=await H.request({origin:R.origin,path:R.pathname+R.search,method:B.method??"GET",headers:{...se(R),...B.headers},body:B.body??null,signal:U??null,headersTimeout:z,bodyTimeout:z}),L=ae(O.body,b);return{status:O.statusCode,headers:oe(O.headers),url:R.href,body:L,text:e((C=n)=>le(L,R,C),"text")}}catch(O){throw b(O)}}e(q,"send");function se(R){if(!R.username)return{};const B=`${decodeURIComponent(R.username)}:${decodeURIComponent(R.password)}`;return{authorization:`Basic ${Buffer.from(B).toString("base64")}`}}e(se,"basicAuth");function oe(R){const B=e(([V,H])=>[V,[H??""].flat().join(", ")],"joined");return Object.fromEntries(Object.entries(R).map(B))}e(oe,"flatHeaders");function ae(R,B){const V=new o.PassThrough;R.once("error",H=>V.destroy(B(H))),V.once("close",()=>R.destroy());for(const H of[R,V])H.on("error",()=>{});return R.pipe(V)}e(ae,"withExplanation");async function le(R,B,V){const H=[];let U=0;for await(const z of R){if(U+=z.length,U>V)throw new I.eG("HTTP_TOO_LARGE",`${(0,h.B)(B)} sent more than ${V} bytes.`,{mend:"Check that the URL leads to what is expected there, not to an error page or an image."});H.push(z)}return Buffer.concat(H).toString("utf8")}e(le,"readText")}),92029:((ne,K,t)=>{t.d(K,{Si:e(()=>h,"Si"),ZL:e(()=>k,"ZL"),d1:e(()=>v,"d1")});var o=t(31421),g=t(73024),M=t(48161),I=t(80481),N=t(46466),_=t(42030),$=t(45145);async function v(n,u,d={}){const{signal:w,onLine:D,keep:G=1<<20}=d;(0,_.Te)(w);const F=(0,o.spawn)(n,u,{cwd:d.cwd,env:d.env,stdio:["pipe","pipe","pipe"],detached:process.platform!=="win32"}),ee=new AbortController,q=e(()=>{A(F,d.grace??2e3,ee.signal)},"onAbort");w?.addEventListener("abort",q,{once:!0});const se=p(F.stdout,G),oe=p(F.stderr,G);D&&((0,I.createInterface)({input:F.stdout}).on("line",ae=>D(ae,"stdout")),(0,I.createInterface)({input:F.stderr}).on("line",ae=>D(ae,"stderr"))),F.stdin.on("error",()=>{}),F.stdin.end(d.input??"");try{const ae=await E(F,n,d.cwd);return(0,_.Te)(w),{exitCode:ae,stdout:se(),stderr:oe()}}finally{ee.abort(),w?.removeEventListener("abort",q)}}e(v,"runCommand");async function A(n,u,d){const w=e(D=>{try{n.pid&&process.kill(process.platform==="win32"?n.pid:-n.pid,D)}catch{}},"kill");w("SIGTERM"),await _.ml.sleep(u,d).then(()=>w("SIGKILL"),()=>{})}e(A,"stopGroup");function p(n,u){const d=[];let w=0;return n.on("data",D=>{for(d.push(D),w+=D.length;d.length>1&&w-d[0].length>=u;)w-=d.shift().length}),()=>Buffer.concat(d).subarray(-u).toString("utf8")}e(p,"keptEnd");function E(n,u,d){return new Promise((w,D)=>{n.once("error",G=>D(m(G,u,d))),n.once("close",(G,F)=>w(G??128+(F?M.constants.signals[F]:0)))})}e(E,"exitCodeOf");function m(n,u,d){if(n.code==="ENOENT"&&d!==void 0&&!(0,g.existsSync)(d)){const w=`The command "${u}" cannot run in ${d}: there is no such folder.`;return new $.eG("COMMAND_NOT_STARTED",w,{cause:n})}return n.code==="ENOENT"?new $.eG("COMMAND_NOT_FOUND",`The command "${u}" is not installed.`,{cause:n}):new $.eG("COMMAND_NOT_STARTED",`The command "${u}" could not be started.`,{cause:n})}e(m,"notStarted");async function l(n,u,d={}){const w=await v(n,u,d);if(w.exitCode!==0)throw i(n,u,w.exitCode,`${w.stdout}
${w.stderr}`);return w}e(l,"mustRun");function i(n,u,d,w){return new $.eG("COMMAND_FAILED",`${y(n,u)} exited with ${d}.`,{evidence:w.trim().split(`
`).slice(-20)})}e(i,"failed");function y(n,u){return[n,...u].map(k).join(" ")}e(y,"shellLine");function k(n){return/^[\w@%+=:,./-]+$/.test(n)?n:`'${n.replaceAll("'","'\\''")}'`}e(k,"shellQuote");async function*h(n,u,d,w){(0,_.Te)(w);const D=(0,o.spawn)(n,u,{stdio:["pipe","pipe","pipe"]}),G=e(()=>{D.kill("SIGKILL")},"stop");w?.addEventListener("abort",G,{once:!0});const F=p(D.stderr,65536),ee=E(D,n,void 0);ee.catch(()=>{});let q;const se=(0,N.pipeline)(d,D.stdin).catch(oe=>{oe.code==="EPIPE"||oe.code==="ERR_STREAM_PREMATURE_CLOSE"||(q=oe,G())});try{for await(const ae of D.stdout)yield ae;const oe=await ee;if(await se,(0,_.Te)(w),q)throw q;if(oe!==0)throw i(n,u,oe,F())}finally{w?.removeEventListener("abort",G),G()}}e(h,"filterCommand")}),13464:((ne,K,t)=>{t.d(K,{i:e(()=>I,"i")});var o=t(77030),g=t(45145),M=t(16089);function I(p,E){const m=e(y=>E[y]||E[y.toUpperCase()]||void 0,"read"),l=m(p.protocol==="https:"?"https_proxy":"http_proxy");if(!l||v(p.hostname)||N(p,m("no_proxy")??""))return;const i=l.includes("://")?l:`http://${l}`;if(URL.canParse(i)&&/^https?:$/.test(new URL(i).protocol))return i;throw new g.yo("PROXY_INVALID",`The proxy "${(0,M.B)(i)}" is not an http or https URL.`,{mend:"Set http_proxy and https_proxy to URLs such as http://proxy.example.com:3128."})}e(I,"proxyFor");function N(p,E){const m=A(p.hostname),l=p.port||(p.protocol==="https:"?"443":"80");return E.split(/[\s,]+/).map(i=>i.toLowerCase()).filter(Boolean).some(i=>_(i,m,l))}e(N,"bypassed");function _(p,E,m){if(p==="*")return!0;if(p.includes("/"))return $(p,E);const[,l,i]=/^(\[[^\]]+\]|[^:]*(?::[^:]*:.*)?)(?::(\d+))?$/.exec(p)??[];if(l===void 0||i&&i!==m)return!1;const y=A(l).replace(/^\*?\./,"");return E===y||(0,o.isIP)(E)===0&&E.endsWith(`.${y}`)}e(_,"matches");function $(p,E){const[m="",l=""]=p.split("/"),i=(0,o.isIP)(E);if(i===0||(0,o.isIP)(m)!==i||!/^\d+$/.test(l)||Number(l)>(i===4?32:128))return!1;const y=new o.BlockList,k=i===4?"ipv4":"ipv6";return y.addSubnet(m,Number(l),k),y.check(E,k)}e($,"inBlock");function v(p){const E=A(p);return E==="localhost"||E.endsWith(".localhost")||E==="::1"||/^127\./.test(E)}e(v,"isLoopback");function A(p){return p.toLowerCase().replace(/^\[|\]$/g,"").replace(/\.$/,"")}e(A,"bare")}),31666:((ne,K,t)=>{t.d(K,{L:e(()=>I,"L"),m:e(()=>N,"m")});var o=t(42030),g=t(15902),M=t(45145);async function I(_,$){const{attempts:v=5,firstDelay:A=500,longestDelay:p=15e3,longestRetryAfter:E=6e4}=$,m=$.random??Math.random;for(let l=1;;l++){(0,o.Te)($.signal);try{return await _(l)}catch(i){if((0,o.Te)($.signal),l>=v||!$.retryable(i))throw i;const y=$.retryAfter?.(i);if(y!==void 0&&y>E)throw i;const k=Math.min(p,A*2**(l-1)),h=y??k*(.5+m()/2);$.log.info(`${$.doing}: attempt ${l} of ${v} failed: ${(0,M.bD)(i)}; next in ${(0,g.a)(h)}`),await $.clock.sleep(h,$.signal)}}}e(I,"retry");function N(_,$){if(!_)return;if(/^\d+$/.test(_.trim()))return Number(_)*1e3;const v=/[A-Za-z]/.test(_)?Date.parse(_):Number.NaN;return Number.isNaN(v)?void 0:Math.max(0,v-$.now())}e(N,"parseRetryAfter")}),74334:((ne,K,t)=>{t.d(K,{K:e(()=>$,"K")});var o=t(77598),g=t(41692),M=t(45145);const I=/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;function N(p){const E=p.match(I)??[],m=E.findIndex(i=>!_(i));if(E.length>0&&m<0)return E;const l=E.length===0?"holds no certificate":`is broken at certificate ${m+1}`;throw new M.yo("CA_INVALID",`The CA bundle ${l}.`,{mend:"Give PEM text: -----BEGIN CERTIFICATE-----, base64 lines, -----END CERTIFICATE-----."})}e(N,"splitPem");function _(p){try{return new o.X509Certificate(p),!0}catch{return!1}}e(_,"isCertificate");function $(p,E){if(!(p.length===0&&!E))return E&&v(E),g.createSecureContext({...p.length>0&&{ca:[...g.getCACertificates("default"),...p.flatMap(N)]},...E&&{cert:E.certificate,key:E.key}})}e($,"trustContext");function v({certificate:p,key:E}){try{if(new o.X509Certificate(p).checkPrivateKey((0,o.createPrivateKey)(E)))return}catch(m){throw A(`cannot be read: ${(0,M.bD)(m)}`,m)}throw A("do not belong together")}e(v,"checkClient");function A(p,E){return new M.yo("CLIENT_CERTIFICATE_INVALID",`The client's certificate and key ${p}.`,{mend:"Give both as PEM text or as paths of PEM files; the key without a passphrase.",cause:E})}e(A,"clientInvalid")}),16089:((ne,K,t)=>{t.d(K,{B:e(()=>o,"B")});function o(g){const M=String(g);if(!URL.canParse(M)||!M.includes("://"))return M.replace(/^.*@/,"\u2026").replace(/[?#].*$/,"");const{protocol:I,host:N,pathname:_}=new URL(M);return`${I}//${N}${_}`}e(o,"redactUrl")}),67468:((ne,K,t)=>{t.d(K,{n:e(()=>M,"n")});var o=t(52041),g=t(20329);async function M(I){const{secret:N,claim:_}=(0,g.kH)(I.runId),$=await(0,o.s2)({...I,known:{secrets:[N],claims:[_]}});for(const v of $.removed)I.log.info(`removed ${v}`);for(const{what:v,why:A}of $.left)I.log.warning(`still there: ${v}: ${A}`);return $.removed.length===0&&$.left.length===0&&I.log.info("nothing was left to remove"),$}e(M,"cleanUp")}),20329:((ne,K,t)=>{t.d(K,{HN:e(()=>h,"HN"),Xs:e(()=>i,"Xs"),d5:e(()=>E,"d5"),dR:e(()=>v,"dR"),kH:e(()=>l,"kH")});var o=t(76760),g=t(42030),M=t(15902),I=t(45145),N=t(28338),_=t(39955),$=t(18085);const v={fingerprint:2*6e4,provision:30*6e4,bake:180*6e4,proof:6e4,handOver:5*6e4,import:30*6e4,report:6e4,cleanup:5*6e4,stall:15*6e4},A=864e5;function p({limits:{stall:n,...u},bakeRetries:d}){const w=Object.values(u).reduce((D,G)=>D+G,0)*(1+d);return Math.max(A,2*w)}e(p,"lifetimeOf");function E(n,u){m(n);const[d,w]=(0,g.vE)(u).replace(/[-:Z]/g,"").split("T"),{imageNamePrefix:D,version:G,recipe:F}=n,ee={prefix:D,date:d,time:w,run:y(n.runId),version:G,recipe:F.name},q=(0,$.tO)(n.nameTemplate,ee);return{...n,names:{...l(n.runId),image:q},ownership:{runId:n.runId,recipe:n.recipe.name,labels:n.labels,expiresAt:(0,g.vE)({...u,now:e(()=>u.now()+p(n),"now")})},recipeDigest:(0,_.dF)(n.recipe),phases:k(n)}}e(E,"planGolden");function m({recipe:{allowedHosts:n},builder:u}){const d=u.image?.url;if(!(!n||d===void 0||n.includes(new URL(d).hostname)))throw new I.yo("BUILDER_IMAGE_OUTSIDE",`The recipe is air-gapped, and builder-image names another host: ${new URL(d).hostname}.`,{mend:`Take the image from one of ${n.join(", ")}, or add its host to allowed-hosts.`})}e(m,"stayInside");function l(n){const u=`golden-builder-${y(n)}`,d=(0,N.qQ)("sha256",`${n} root`).slice(0,5);return{vm:u,secret:`${u}-cloudinit`,claim:`${u}-root-${d}`,baseImage:`golden-base-${y(n)}`}}e(l,"builderNames");function i(n,u){return(0,o.join)(n,l(u).vm)}e(i,"runnerFolder");const y=e(n=>(0,N.qQ)("sha256",n).slice(0,6),"markOf");function k({limits:n,runner:u}){const d=e((w,D,G,F)=>({id:w,limit:D,title:G,why:F,limitInput:`${w}-timeout`}),"phase");return[d("fingerprint",n.fingerprint,"Compare with what exists","an unchanged image needs no second bake"),u?d("provision",n.provision,"Prepare the runner","the bake runs on this machine"):d("provision",n.provision,"Create the builder","the bake runs inside Harvester, near its storage"),d("bake",n.bake,"Bake","the recipe is applied to the base image and facts are collected"),d("proof",n.proof,"Prove","an image that breaks a rule is never imported"),d("hand-over",n.handOver,"Find the image",u?"the image is sent from this machine":"Harvester gets it from an address of the builder, or through this machine"),d("import",n.import,"Import","Harvester stores the image and checks its SHA-512"),d("report",n.report,"Report","what was built, from what, and how to use it"),d("cleanup",n.cleanup,"Clean up","everything but the image is removed, whatever happened")]}e(k,"plannedPhases");function h(n){const{names:u,namespace:d,builder:w,recipe:D}=n,G=D.layers.length>0?` with ${D.layers.join(", ")}`:"";return[`recipe       ${D.name}${G} (${n.recipeDigest.slice(0,12)})`,`image        ${d}/${u.image}`,...n.runner?[`builder      this machine, in ${n.runner.folder}`]:[`builder      ${d}/${u.vm}: ${w.cpu} CPU, ${w.memory}, disk ${w.diskSize}`,`boots from   ${w.image?.url??D.base.url}`],`network      ${[n.network??"pod network",...n.staticNetwork?.addresses??[]].join(", ")}`,`labels       run ${n.runId}, expiring ${n.ownership.expiresAt}`,...n.phases.map(({id:F,title:ee,limit:q,why:se})=>`${F.padEnd(12)} ${ee}: ${se} (at most ${(0,M.a)(q)})`)]}e(h,"planLines")}),60188:((ne,K,t)=>{t.d(K,{Bg:e(()=>M,"Bg"),L5:e(()=>_,"L5"),MW:e(()=>I,"MW"),Tx:e(()=>o,"Tx"),WL:e(()=>$,"WL"),dC:e(()=>v,"dC"),dr:e(()=>g,"dr"),pE:e(()=>N,"pE")});const o={group:"harvesterhci.io",version:"v1beta1",plural:"virtualmachineimages",kind:"VirtualMachineImage",namespaced:!0},g={group:"kubevirt.io",version:"v1",plural:"virtualmachines",kind:"VirtualMachine",namespaced:!0},M={group:"kubevirt.io",version:"v1",plural:"virtualmachineinstances",kind:"VirtualMachineInstance",namespaced:!0},I={group:"k8s.cni.cncf.io",version:"v1",plural:"network-attachment-definitions",kind:"NetworkAttachmentDefinition",namespaced:!0},N={group:"longhorn.io",version:"v1beta2",plural:"backingimages",kind:"BackingImage",namespaced:!0},_={group:"harvesterhci.io",version:"v1beta1",plural:"virtualmachinetemplateversions",kind:"VirtualMachineTemplateVersion",namespaced:!0},$={group:"harvesterhci.io",version:"v1beta1",plural:"virtualmachinebackups",kind:"VirtualMachineBackup",namespaced:!0},v={group:"cdi.kubevirt.io",version:"v1beta1",plural:"datavolumes",kind:"DataVolume",namespaced:!0}}),82588:((ne,K,t)=>{t.d(K,{sv:e(()=>b,"sv"),ZF:e(()=>z,"ZF")});var o=t(92029);const g="R2A| ",M="R2A-STEP-ENDED";function I(s,T){return`#!/bin/sh
# ${s}
{ (
set -eu
export LC_ALL=C SYSTEMD_OFFLINE=1
cd /

${T.trim()}
); printf '\\n%s %s\\n' '${M}' "$?"; } 2>&1 | {
  while IFS= read -r line; do
    case $line in
      '') continue ;;
      '${M} '*) exit "\${line#${M} }" ;;
    esac
    printf '%s\\n' "$line"
    { printf '%s%s\\r\\n' '${g}' "$line" >/dev/console; } 2>/dev/null || :
  done
  echo 'the step was cut off' >&2
  exit 70
}
`}e(I,"stepScript");function N(s){return s.map(o.ZL).join(" ")}e(N,"words");function _(s,T="    "){return s.map(x=>`${T}${(0,o.ZL)(x)}`).join(` \\
`)}e(_,"wordLines");function $({required:s,forbidden:T}){return`root_uuid() {
    device=$(awk '$2 == "/" { found = $1 } END { print found }' /proc/mounts)
    blkid -o value -s UUID "$device"
}

is_forbidden() {
    for unwanted in \\
${_(T,"        ")}; do
        case $1 in "$unwanted" | "$unwanted"=*) return 0 ;; esac
    done
    return 1
}

# Prints a command line: the right root first, then what is given and allowed, then what is required and missing.
clean_command_line() {
    line="root=UUID=$uuid ro"
    for argument in "$@" \\
${_(s,"        ")}; do
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
[ -n "$uuid" ] || { echo 'the root filesystem has no UUID'; exit 1; }`}e($,"commandLineFunctions");const v="/boot/loader/entries/*.conf";function A(s){return`${$(s)}

newest=''
for entry in ${v}; do
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
fi`}e(A,"writeCommandLine");const p=`made=0
for kernel in /boot/vmlinuz-*; do
    version=\${kernel#/boot/vmlinuz-}
    case $version in *rescue* | '*') continue ;; esac
    [ -d "/usr/lib/modules/$version" ] || { echo "the kernel $version has no modules"; exit 1; }
    echo "initramfs for $version"
    dracut --force --no-hostonly --kver "$version" "/boot/initramfs-$version.img"
    [ -s "/boot/initramfs-$version.img" ] || { echo "dracut made no initramfs for $version"; exit 1; }
    made=$((made + 1))
done
[ "$made" -gt 0 ] || { echo 'no kernel is installed'; exit 1; }`;function E(s){return`${$(s)}

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
for entry in ${v}; do
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
    grep -q "^version[[:space:]]*$version\\$" ${v} || { echo "the kernel $version has no boot entry"; exit 1; }
done

default=\${default#* }
if command -v grub2-editenv >/dev/null 2>&1 && [ -f /boot/grub2/grubenv ]; then
    grub2-editenv /boot/grub2/grubenv set "saved_entry=$default"
fi
echo "$count boot entries, default $default: $cmdline"`}e(E,"fixBootEntries");const m="rke2-actions-files",l=`/var/tmp/${m}`,i=`rm -r ${l}`;function y(s){return s.map(k).join(`
`)}e(y,"installFiles");function k({path:s,mode:T,owner:x,group:Z}){const Q=(0,o.ZL)(s);return`install -D -o ${x} -g ${Z} -m ${T} ${(0,o.ZL)(`${l}${s}`)} ${Q}
echo ${(0,o.ZL)(`${s} ${T} ${x}:${Z}`)}`}e(k,"installFile");function h(s){return s.map(({path:T,mode:x,owner:Z,group:Q})=>`install -d -o ${Z} -g ${Q} -m ${x} ${(0,o.ZL)(T)}`).join(`
`)}e(h,"makeDirectories");function n({downloads:s}){return s.map(({path:T,mode:x})=>`chown root:root ${(0,o.ZL)(T)}
chmod ${x} ${(0,o.ZL)(T)}
ls -l ${(0,o.ZL)(T)}`).join(`
`)}e(n,"settleDownloads");function u({mode:s,type:T}){return`[ -f /etc/selinux/config ] || { echo 'the image has no /etc/selinux/config'; exit 1; }
sed -i -e 's/^SELINUX=.*/SELINUX=${s}/' -e 's/^SELINUXTYPE=.*/SELINUXTYPE=${T}/' /etc/selinux/config
grep -q '^SELINUX=${s}$' /etc/selinux/config
grep -q '^SELINUXTYPE=${T}$' /etc/selinux/config`}e(u,"setSelinux");function d({enable:s,disable:T,mask:x}){const Z=`unit_exists() {
    for folder in /etc /usr/lib /lib; do
        [ -e "$folder/systemd/system/$1" ] && return 0
    done
    return 1
}`,Q=`for unit in ${N(T)}; do
    if unit_exists "$unit"; then systemctl disable "$unit"; else echo "$unit does not exist"; fi
done`;return[T.length>0&&`${Z}
${Q}`,x.length>0&&`systemctl mask ${N(x)}`,s.length>0&&`systemctl enable ${N(s)}`].filter(Boolean).join(`
`)}e(d,"setServices");function w({script:s,environment:T={}}){return`${Object.entries(T).map(([Z,Q])=>`${Z}=${(0,o.ZL)(Q)}
`).join("")}${s}`}e(w,"runOwnCommand");function D(s){return`dnf -y --best ${["--setopt=install_weak_deps=False","--setopt=keepcache=0",...s.repositories.map(({id:x})=>`--enablerepo=${x}`)].join(" ")}`}e(D,"dnf");const G="update-ca-trust";function F(s){const T=s.repositories.flatMap(Q=>Q.replaces),x=s.otherRepositories==="disable"?"all":T.join(" ");return`ours=' ${s.repositories.map(({id:Q})=>`/etc/yum.repos.d/${Q}.repo`).join(" ")} '
for file in /etc/yum.repos.d/*.repo; do
    [ -f "$file" ] || continue
    case $ours in *" $file "*) continue ;; esac
    awk -v wanted=' ${x} ' '
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
done`}e(F,"disableRepositories");function ee(s){return`found=''
for name in ${N(s.packages.absent)}; do
    if rpm -q "$name" >/dev/null 2>&1; then found="$found $name"; fi
done
if [ -z "$found" ]; then
    echo 'none of the unwanted packages is installed'
else
    # shellcheck disable=SC2086 # names of packages, one word each
    dnf -y --disablerepo='*' remove $found
fi`}e(ee,"removePackages");function q(s){return`${D(s)} upgrade`}e(q,"updatePackages");function se(s){return`${D(s)} install ${N(s.packages.install)}`}e(se,"installPackages");const oe="pending security update: ",ae="pending security updates: ";function le(s){return`list=$(${D(s)} --quiet updateinfo list --security)
count=0
while IFS= read -r line; do
    [ -n "$line" ] || continue
    count=$((count + 1))
    echo "${oe}$line"
done <<END
$list
END
echo "${ae}$count"`}e(le,"listPendingUpdates");function R(s){const{install:T,absent:x}=s.packages,Z=`for name in ${N(T)}; do
    rpm -q --whatprovides "$name" >/dev/null 2>&1 || { echo "the package $name is not installed"; bad=1; }
done`,Q=`for name in ${N(x)}; do
    ! rpm -q "$name" >/dev/null 2>&1 || { echo "the package $name is installed"; bad=1; }
done`;return["bad=0",T.length>0&&Z,x.length>0&&Q,'[ "$bad" -eq 0 ]'].filter(Boolean).join(`
`)}e(R,"checkPackages");const B="/etc/.resolv.conf.sealed",V=["/etc/machine-id","/etc/resolv.conf"];function H({sealing:s}){const T=s.emptied.filter(x=>!V.includes(x));return`if command -v cloud-init >/dev/null 2>&1; then cloud-init clean --logs --seed; fi
dnf -q clean all
[ -L /var/lib/dbus/machine-id ] || rm -f /var/lib/dbus/machine-id
# Logs keep their files, owners and modes, and lose what is in them; those of dnf and rpm begin anew on the node.
find /var/log -type f -exec truncate -s 0 {} +
${s.removed.map(x=>`rm -rf -- ${x}`).join(`
`)}
${T.map(x=>`: >${x}`).join(`
`)}
[ -e /etc/machine-id ] || : >/etc/machine-id`}e(H,"seal");function U({selinux:s,sealing:T}){const x=T.emptied.includes("/etc/resolv.conf")?`
[ -e /etc/resolv.conf ] || : >/etc/resolv.conf
ln -f /etc/resolv.conf ${B}
chmod 0644 ${B}
: >${B}`:"";return`contexts=/etc/selinux/${s.type}/contexts/files/file_contexts
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
rm -f /.autorelabel${x}
echo "labelled by $contexts: /$mounted"`}e(U,"relabel");function z(s){return`downloads/${s.sha256}`}e(z,"stagedDownload");function b(s){const T=L(s),x=T.map(me);return{commands:T.map((Q,fe)=>Q.command??`run @STAGE@/${x[fe].name}`).map(Q=>`${Q}
`).join(""),files:[...s.files.map(pe),...x.filter((Q,fe)=>T[fe].script!==void 0)],steps:T.map(({id:Q,title:fe})=>({id:Q,title:fe}))}}e(b,"renderCustomize");const O=new Set(["certificates","repositories","initramfs","services"]);function L(s){const T=s.files.filter(Z=>O.has(Z.origin)),x=s.files.filter(Z=>!O.has(Z.origin));return[...C(s,T),...W(s),...J(s,x),...X(s),...Y(s)]}e(L,"stepsOf");function C(s,T){const x=s.downloads.length>0?[...new Set(s.downloads.map(({path:Z})=>$e(Z)))]:[];return ce([{id:"stage-files",title:"Copy the recipe's files into the image",command:`copy-in @STAGE@/${m}:/var/tmp`},...x.map((Z,Q)=>({id:`download-folder-${Q+1}`,title:`Make ${Z}`,command:`mkdir ${Z}`})),...s.downloads.map((Z,Q)=>({id:`download-${Q+1}`,title:`Put ${Z.path} in place`,command:`upload @STAGE@/${z(Z)}:${Z.path}`})),s.downloads.length>0&&{id:"downloads",title:"Set owner and mode of downloads",script:n(s)},T.length>0&&{id:"early-files",title:"Install the files that packages depend on",script:y(T)},s.certificates.length>0&&{id:"certificates",title:"Trust the CA certificates",script:G},{id:"repositories",title:"Switch off replaced repositories",script:F(s)},{id:"kernel-command-line",title:"Write the kernel command line",script:A(s.kernelCommandLine)}])}e(C,"stageSteps");function W(s){const{absent:T,update:x,install:Z}=s.packages;return ce([T.length>0&&{id:"remove-packages",title:"Remove unwanted packages",script:ee(s)},x&&{id:"update-packages",title:"Update all packages",script:q(s)},Z.length>0&&{id:"install-packages",title:"Install packages",script:se(s)},{id:"check-packages",title:"Check what is installed",script:R(s)},{id:"pending-updates",title:"List pending security updates",script:le(s)},{id:"repositories-again",title:"Switch off what packages brought back",script:F(s)}])}e(W,"packageSteps");function J(s,T){return ce([s.directories.length>0&&{id:"directories",title:"Make directories",script:h(s.directories)},{id:"files",title:"Install files",script:[y(T),i].join(`
`)},{id:"selinux",title:"Set the SELinux mode",script:u(s.selinux)},{id:"services",title:"Choose services",script:d(s.services)},...s.commands.map(x=>({id:x.id,title:x.title,script:w(x)}))])}e(J,"contentSteps");function X(s){return[{id:"initramfs",title:"Build an initramfs for every kernel",script:p},{id:"boot-entries",title:"Correct and check the boot entries",script:E(s.kernelCommandLine)}]}e(X,"bootSteps");function Y(s){const{emptied:T}=s.sealing;return ce([{id:"seal",title:"Remove what belongs to one machine",script:H(s)},{id:"relabel",title:"Label all files for SELinux",script:U(s)},T.includes("/etc/resolv.conf")&&{id:"resolv-conf",title:"Empty /etc/resolv.conf",command:`move ${B}:/etc/resolv.conf`},{id:"builder-log",title:"Remove the log of the bake",command:"delete /tmp/builder.log"},...T.includes("/etc/machine-id")?[{id:"machine-id",title:"Empty /etc/machine-id",command:"truncate /etc/machine-id"},{id:"machine-id-mode",title:"Protect /etc/machine-id",command:"chmod 0444:/etc/machine-id"}]:[]])}e(Y,"sealingSteps");function ce(s){return s.filter(T=>T!==!1)}e(ce,"present");function me({id:s,title:T,script:x=""},Z){return{name:`steps/${String(Z+1).padStart(2,"0")}-${s}.sh`,content:I(T,x),mode:"0644"}}e(me,"stagedScript");function pe(s){return{name:`${m}${s.path}`,content:s.content,mode:"0600"}}e(pe,"stagedFile");const $e=e(s=>s.slice(0,s.lastIndexOf("/"))||"/","customize_parent")}),39955:((ne,K,t)=>{t.d(K,{ax:e(()=>N,"ax"),dF:e(()=>M,"dF"),qj:e(()=>g,"qj")});var o=t(28338);const g="RECIPE_DIGEST";function M(_){return(0,o.qQ)("sha256",(0,o.dj)({..._,files:_.files.map(I)}))}e(M,"recipeDigest");function I(_){return _.origin!=="release"?_:{..._,content:_.content.replace(new RegExp(`^GOLDEN_${g}=.*
`,"m"),"")}}e(I,"withoutDigest");function N(_){const $=[..._.repositories].sort((v,A)=>v.id<A.id?-1:1);return(0,o.qQ)("sha256",(0,o.dj)({..._,repositories:$}))}e(N,"fingerprintOf")}),36120:((ne,K,t)=>{t.d(K,{IB:e(()=>p,"IB"),MR:e(()=>E,"MR"),PM:e(()=>M,"PM"),V3:e(()=>g,"V3"),Vg:e(()=>A,"Vg"),YS:e(()=>$,"YS"),fh:e(()=>_,"fh"),gF:e(()=>I,"gF"),g_:e(()=>N,"g_"),t3:e(()=>v,"t3")});const o=e((m,l)=>({owner:"root",group:"root",mode:"0644",...l,origin:m}),"file"),g=e(m=>`/etc/pki/ca-trust/source/anchors/${m}.pem`,"anchorPath");function M(m){return m.map(({name:l,pem:i})=>o("certificates",{path:g(l),content:i}))}e(M,"certificateFiles");function I(m){return m.flatMap(l=>{const{armoured:i,file:y}=l.gpgKey,k=i?[o("repositories",{path:y,content:`${i.trim()}
`})]:[],h=o("repositories",{path:`/etc/yum.repos.d/${l.id}.repo`,content:N(l)});return[...k,h]})}e(I,"repositoryFiles");function N({id:m,name:l,baseurl:i,enabled:y,repoGpgcheck:k,gpgKey:h}){return`[${m}]
name=${l}
baseurl=${i}
enabled=${y?1:0}
gpgcheck=1
repo_gpgcheck=${k?1:0}
gpgkey=file://${h.file}
skip_if_unavailable=0
`}e(N,"repositoryText");function _(m){if(m.length===0)return[];const l=`# The image is made in an appliance that has none of the devices it will boot with.
hostonly="no"
hostonly_cmdline="no"
force_drivers+=" ${m.join(" ")} "
`;return[o("initramfs",{path:"/etc/dracut.conf.d/90-golden-image.conf",content:l})]}e(_,"initramfsFiles");function $(m){return Object.entries(m).map(([l,i])=>{const y=Object.entries(i).map(([k,h])=>`${k} = ${h}
`);return o("sysctls",{path:`/etc/sysctl.d/${l}.conf`,content:y.join("")})})}e($,"sysctlFiles");function v(m){if(m.length===0)return[];const l=m.map(i=>`${i}
`).join("");return[o("kernel-modules",{path:"/etc/modules-load.d/90-golden-image.conf",content:l})]}e(v,"kernelModuleFiles");function A({enable:m,disable:l,mask:i}){const y=[...m.map(k=>`enable ${k}
`),...[...l,...i].map(k=>`disable ${k}
`)];return y.length===0?[]:[o("services",{path:"/etc/systemd/system-preset/10-golden-image.preset",content:y.join("")})]}e(A,"presetFiles");function p(m){if(!m)return[];const l=e((i,y)=>o("firewall",{path:`/etc/sysconfig/${i}`,content:y,mode:"0600",selinuxType:"system_conf_t"}),"rules");return[l("iptables",m.ipv4),l("ip6tables",m.ipv6)]}e(p,"firewallFiles");function E(m,l){const i=Object.entries(l).map(([y,k])=>`GOLDEN_${y}="${k.replace(/(["\\$`])/g,"\\$1")}"
`);return o("release",{path:m,content:i.join("")})}e(E,"releaseFile")})};
