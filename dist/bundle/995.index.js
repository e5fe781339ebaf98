var Re=Object.defineProperty;var e=(se,W)=>Re(se,"name",{value:W,configurable:!0});export const id=995,ids=[995],modules={59466:((se,W,n)=>{n.d(W,{a:e(()=>P,"a"),y:e(()=>E,"y")});var a=n(48161),g=n(76760),B=n(20329);function P($,{runId:v,env:I}){if($.builder!=="runner")return{};const p=e(_=>I[_]||I[_.toUpperCase()]||void 0,"own");return{runner:C($["cache-folder"],{runId:v,env:I}),proxy:{http:$["http-proxy"]??p("http_proxy"),https:$["https-proxy"]??p("https_proxy"),no:$["no-proxy"]??p("no_proxy")}}}e(P,"bakedHere");function C($,{runId:v,env:I}){const p=I.RUNNER_TOOL_CACHE;return{folder:E(v,I),cacheFolder:$??(p&&(0,g.join)(p,"rke2-actions","downloads")),environment:I}}e(C,"runnerPlace");function E($,v){return(0,B.Xs)(v.RUNNER_TEMP??(0,a.tmpdir)(),$)}e(E,"folderOf")}),75789:((se,W,n)=>{n.d(W,{PE:e(()=>le,"PE"),e_:e(()=>R,"e_")});var a=n(45145),g=n(82588),B=n(36120),P=n(77030),C=n(38522),E=n(38815),$=n(76351);const v=1024*1024-1024;function I(b,O,A){const x={ssh_pwauth:!1,...A.length>0&&{ssh_authorized_keys:A},write_files:b.map(j=>({path:j.name,permissions:j.mode,encoding:"gz+b64",content:m(j.content)})),runcmd:[O]};return`#cloud-config
${(0,E.As)(x,{version:"1.1",lineWidth:0})}`}e(I,"renderUserData");function p(b){const{addresses:O,gateways:A,nameservers:x}=b,j={dhcp4:!1,addresses:O,...A.length>0&&{routes:A.map(X=>({to:(0,P.isIPv6)(X)?"::/0":"0.0.0.0/0",via:X}))},...x.length>0&&{nameservers:{addresses:x}}},J={version:2,ethernets:{[b.interface??"eth0"]:j}};return(0,E.As)(J,{version:"1.1",lineWidth:0})}e(p,"renderNetworkData");function _(b,O){const A=b.reduce((j,J)=>j+Buffer.byteLength(J),0);if(A<=v)return;const x=O.map(({name:j,content:J})=>({name:j,bytes:m(J).length})).sort((j,J)=>J.bytes-j.bytes).slice(0,5);throw new a.yo("BUILDER_TOO_LARGE",`The builder's cloud-init data has ${(0,$.z)(A)}; a Kubernetes Secret holds ${(0,$.z)(v)}.`,{mend:'Let the builder fetch large content: list it under "downloads" of the recipe, with its sha256.',evidence:x.map(({name:j,bytes:J})=>`${j}: ${(0,$.z)(J)} compressed`)})}e(_,"assertFits");function m(b){return(0,C.gzipSync)(b,{level:9}).toString("base64")}e(m,"packed");function l(b){return b.raw[0].replace(/\\(`|\$\{)/g,"$1")}e(l,"script");const i=l`# shellcheck shell=bash disable=SC2034
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
`,t=l`"""Reads the verbose output of virt-customize on stdin and says what matters of it: a step mark for each command, the
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
`,N=l`# shellcheck shell=bash
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
`;var ne=n(48790);const oe="/var/lib/rke2-actions/bake",ae=Object.entries({"bake.sh":y,"marks.sh":w,"prepare.sh":N,"download.sh":u,"accelerate.sh":i,"customize.sh":h,"compress.sh":k,"probe.sh":G,"hash.sh":d,"serve.sh":ee,"relay.py":F,"customize-log.py":t,"server.py":q}).map(([b,O])=>({name:`bin/${b}`,content:O,mode:"0700"}));function le(b){return M(b),U(b)}e(le,"bakeFiles");function R(b){const O=le(b).map(j=>({...j,name:`${oe}/${j.name}`})),A=I(O,["bash",`${oe}/bin/bake.sh`],b.sshAuthorizedKeys),x=b.staticNetwork&&p(b.staticNetwork);return _([A,x??""],O),{userData:A,...x&&{networkData:x},scripts:ae,files:O}}e(R,"renderBuilder");function U(b){const{recipe:O,customize:A,probe:x}=b,j=e((X,Y)=>({name:X,content:Y,mode:"0600"}),"plain"),J=[...A.files,...x.files];return[...ae,j("settings.env",(0,ne.cD)(b)),j("token",`${b.token}
`),j("secrets",(0,ne.Fj)(b).map(X=>`${X}
`).join("")),j("commands",A.commands),j("steps.tsv",A.steps.map(({id:X,title:Y})=>H(X,Y)).join("")),j("downloads.tsv",O.downloads.map(X=>H(X.sha256,(0,g.ZF)(X),X.path,X.url)).join("")),...(O.toolRepositories??[]).flatMap(V),...O.certificates.map(({name:X,pem:Y})=>j(`ca/${X}.crt`,`${Y.trim()}
`)),...J.map(X=>({...X,name:`stage/${X.name}`}))]}e(U,"filesOf");function V(b){const{id:O,gpgKey:A}=b,x=`repos/${O}.key`,j=A.armoured===void 0?A:{...A,file:`${oe}/${x}`},J=(0,B.g_)({...b,enabled:!0,gpgKey:j});return[{name:`repos/${O}.repo`,content:J,mode:"0644"},...A.armoured===void 0?[]:[{name:x,content:`${A.armoured.trim()}
`,mode:"0644"}]]}e(V,"toolRepository");function H(...b){return`${b.map(O=>O.replace(/[\t\r\n]+/g," ")).join("	")}
`}e(H,"row");function M(b){const{customize:O,probe:A,recipe:x}=b,j=[...O.files,...A.files].map(({name:Y})=>Y),J=O.commands.split(`
`).filter(Y=>Y!==""),X=[!/^[\w-]{16,}$/.test(b.token)&&'the token must be 16 or more letters, digits, "_" or "-"',!/^[0-9a-f]{64}$/.test(b.base.sha256)&&`the base's sha256 is "${b.base.sha256}"`,!Number.isInteger(b.port)&&`the port is ${b.port}`,J.length!==O.steps.length&&`${J.length} commands do not match ${O.steps.length} steps`,!j.includes(A.entry)&&`the probe's entry "${A.entry}" is none of its files`,...j.filter((Y,ce)=>j.indexOf(Y)!==ce).map(Y=>`"${Y}" is staged twice`),...j.filter(Y=>!z(Y)).map(Y=>`"${Y}" lies outside of the stage`),...x.certificates.filter(({name:Y})=>!/^[\w][\w.-]*$/.test(Y)).map(({name:Y})=>`the certificate name "${Y}" is no file name`)].filter(Y=>Y!==!1);if(X.length>0)throw new a.Gd("BUILDER_INPUT",`The builder cannot be rendered: ${X.join("; ")}.`)}e(M,"assertInput");function z(b){return b!==""&&!b.startsWith("/")&&!b.split("/").includes("..")}e(z,"isBelow")}),99676:((se,W,n)=>{n.d(W,{X:e(()=>ye,"X"),x:e(()=>ke,"x")});var a=n(51455),g=n(76760),B=n(57075),P=n(42030),C=n(15902),E=n(45145),$=n(92029);const v="RKE2_ACTIONS_MARK",I=25,p=2e3;async function _(o){const c=(await(0,a.readdir)("/proc").catch(()=>[])).filter(L=>/^\d+$/.test(L)),f=await Promise.all(c.map(L=>(0,a.readFile)(`/proc/${L}/environ`,"utf8").catch(()=>""))),S=e(L=>f[L].split("\0").includes(`${v}=${o}`),"carries");return c.filter((L,K)=>S(K)).map(Number)}e(_,"markedProcesses");async function m(o,{grace:r,clock:c=P.ml}){const f=new Set;return(await l(o,{limit:r,clock:c},L=>{f.has(L)||i(L,"SIGTERM"),f.add(L)})).length===0?[]:l(o,{limit:p,clock:c},L=>i(L,"SIGKILL"))}e(m,"endMarked");async function l(o,{limit:r,clock:c},f){const S=c.monotonic()+r;for(;;){const L=await _(o);if(L.length===0||c.monotonic()>=S)return L;for(const K of L)f(K);await c.sleep(I)}}e(l,"goneWithin");function i(o,r){try{process.kill(o,r)}catch{}}e(i,"signalTo");var y=n(82588),k=n(75789),h=n(73024),t=n(46466),u=n(28338),d=n(84470),w=n(76351),N=n(31666),G=n(48161);const F=["/usr/local/sbin","/usr/local/bin","/usr/sbin","/usr/bin","/sbin","/bin"],ee=1800*1024**2,q={bash:["bash","bash"],python3:["python3","python3"],"qemu-img":["qemu-utils","qemu-img"],guestfish:["libguestfs-tools","libguestfs"],"virt-customize":["guestfs-tools","guestfs-tools"],"virt-sparsify":["guestfs-tools","guestfs-tools"]},ne=[{folder:"/boot",name:/^vmlinu[xz]/},{folder:"/lib/modules",name:/\d/}];async function oe(o=F){const r=Object.keys(q),c=await Promise.all(r.map(f=>ae(f,o)));return{platform:process.platform,missing:r.filter((f,S)=>!c[S]),kernel:await le(),memory:(0,G.totalmem)()}}e(oe,"thisMachine");async function ae(o,r){return(await Promise.all(r.map(f=>R(h.constants.X_OK,(0,g.join)(f,o))))).includes(!0)}e(ae,"isInstalled");async function le(){for(const{folder:o,name:r}of ne){const c=(await(0,a.readdir)(o).catch(()=>[])).filter(S=>r.test(S)),f=o==="/boot"?c:c.map(S=>(0,g.join)(S,"vmlinuz"));for(const S of f)if(await R(h.constants.R_OK,(0,g.join)(o,S)))return!0}return!1}e(le,"hasKernel");function R(o,r){return(0,a.access)(r,o).then(()=>!0,()=>!1)}e(R,"may");function U({platform:o,missing:r,kernel:c,memory:f}){const S=[...o==="linux"?[]:[`its system is ${o}, libguestfs needs Linux`],...r.length>0?[`it lacks ${r.join(", ")}`]:[],...c?[]:["it has no kernel that this user may read"],...f>=ee?[]:[`it has ${(0,w.z)(f)} of memory, a bake needs 2 GiB`]];if(S.length!==0)throw new E.yo("RUNNER_NOT_EQUIPPED",`This runner cannot bake: ${S.join("; ")}.`,{mend:H(r,c),evidence:r.map(V)})}e(U,"requireEquipped");function V(o){const[r,c]=q[o];return`${o}: package ${r} on Debian and Ubuntu, ${c} on Rocky Linux`}e(V,"toolLine");function H(o,r){const c=e(K=>[...new Set(o.map(te=>q[te][K]))].join(" "),"packages"),f=`Install them: "apt-get install ${c(0)} libguestfs-xfs", or "dnf install ${c(1)} libguestfs-xfs".`;return[...[...o.length>0?[f]:[],...r?[]:["Install a kernel package, and let the user of the runner read it: chmod 0644 /boot/vmlinuz-*."]],"Or bake inside Harvester, with builder: vm."].join(" ")}e(H,"mendOf");async function M(o,r){const c=new Map;for(const{folder:f,bytes:S}of o){const{dev:L}=await(0,a.stat)(f),K=c.get(L);c.set(L,{folder:K?.folder??f,bytes:S+(K?.bytes??0)})}for(const{folder:f,bytes:S}of c.values()){const{bavail:L,bsize:K}=await(0,a.statfs)(f);if(L*K>=S)continue;const te=(0,w.z)(L*K);throw z(`${r}: ${te} free below ${f}, ${(0,w.z)(S)} needed`)}}e(M,"requireSpace");function z(o,r){return new E.yo("RUNNER_DISK_FULL",`The runner has not enough space to ${o}.`,{mend:"Free space, or give the runner's temporary folder a larger disk.",...r!==void 0&&{cause:r}})}e(z,"diskFull");const b=2e3,O=new Set([408,425,429,500,502,503,504]),A="514649fb";async function x(o,r,c){const{cacheFolder:f}=c;if(!f)return J(o,r,c);const S=(0,g.join)(f,`${o.sha256}${o.qcow2?".qcow2":""}`);if(!await j(S,o,c)){await(0,a.mkdir)(f,{recursive:!0});const L=`${S}.${process.pid}.part`;try{await J(o,L,c),await(0,a.rename)(L,S)}finally{await(0,a.rm)(L,{force:!0})}}await(0,a.copyFile)(S,r,h.constants.COPYFILE_FICLONE)}e(x,"fetchLocked");async function j(o,r,c){const f=await(0,a.stat)(o).catch(()=>{});return f?await(0,u.DC)("sha256",o,c.signal)!==r.sha256?(c.log.warning(`${r.title} was kept in ${o}, but damaged: it is downloaded anew`),await(0,a.rm)(o),!1):(await c.room(f.size,!0),c.log.info(`${r.title}: kept from an earlier run, ${(0,w.z)(f.size)}, sha256 checked`),!0):!1}e(j,"isIntact");async function J(o,r,c){const{title:f,url:S,sha256:L,qcow2:K}=o,{log:te,clock:re,signal:ie}=c;te.info(`downloading ${f} from ${(0,d.B)(S)}`),await(0,N.L)(()=>ce(o,r,c),{doing:`downloading ${f}`,firstDelay:b,retryable:Y,clock:re,log:te,signal:ie}).catch(de=>{throw de.code==="ENOSPC"?z(`download ${f}`,de):de instanceof X?D(f,de.message,de):de}),K&&await s(o,r);const{size:ue}=await(0,a.stat)(r),he=await(0,u.DC)("sha256",r,ie);if(he!==L)throw T(o,he,ue);te.info(`${f}: ${(0,w.z)(ue)}, sha256 ${he}`)}e(J,"download");class X extends Error{static{e(this,"Unanswered")}}function Y(o){return o instanceof X?!0:o instanceof E.eG&&/^HTTP_(REFUSED|UNREACHABLE|TIMEOUT|RESET|FAILED|DNS)$/.test(o.code)}e(Y,"isTransient");async function ce(o,r,c){const f=(await(0,a.stat)(r).catch(()=>{}))?.size??0,{http:S,signal:L}=c,K=f>0?{range:`bytes=${f}-`}:{},te=await S.request(o.url,{headers:K,signal:L});try{const re=te.status===206&&f>0;!re&&te.status!==200&&await me(te,o,r);const ie=re?f:0,ue=Number(te.headers["content-length"]??Number.NaN)+ie;ie===0&&ue>0&&await c.room(ue,!1),await(0,t.pipeline)(te.body,pe(ie,he=>c.progress($e(o.title,he,ue))),(0,h.createWriteStream)(r,{flags:re?"a":"w",mode:384}),{signal:L})}finally{te.body.destroy()}}e(ce,"receive");async function me(o,{title:r},c){const f=`the server answered ${o.status} for ${(0,d.B)(o.url)}`;if(o.status===416)await(0,a.rm)(c,{force:!0});else if(!O.has(o.status))throw D(r,f);throw new X(f)}e(me,"refuse");function pe(o,r){return e(async function*(f){let S=o;for await(const L of f)S+=L.length,r(S),yield L},"count")}e(pe,"counted");function $e(o,r,c){return`downloading ${o}: ${(0,w.z)(r)}${c>0?` of ${(0,w.z)(c)}`:""}`}e($e,"progressText");async function s({title:o,url:r},c){let f=Buffer.alloc(0);for await(const K of(0,h.createReadStream)(c,{end:79}))f=Buffer.concat([f,K]);if(f.subarray(0,4).toString("hex")===A)return;const S=f.toString("latin1").replace(/[^\x20-\x7e]+/g," "),L=f[0]===60?"a web page":"something else";throw new E.eG("DOWNLOAD_NO_IMAGE",`Downloading ${o}: ${(0,d.B)(r)} gave ${L}, not a qcow2 image. It begins with: ${S}`,{mend:"Correct base.url of the recipe; the image must not be compressed as a file."})}e(s,"requireQcow2");function T({title:o,url:r,sha256:c},f,S){return new E.eG("DOWNLOAD_CHECKSUM",`The sha256 of ${o} is ${f}, expected was ${c} (${S} bytes from ${(0,d.B)(r)}).`,{mend:"A mirror may lag behind, or the file was replaced: compare with the checksum its maker publishes."})}e(T,"otherBytes");function D(o,r,c){return new E.eG("DOWNLOAD_FAILED",`Downloading ${o} failed: ${r}.`,{mend:"Check the URL in the recipe, and that the runner can reach it.",...c!==void 0&&{cause:c}})}e(D,"failed");async function Z(o){const r=await Promise.all(o.map(Q));return[...new Set(r.flat())]}e(Z,"guestfsSockets");async function Q(o){const r=await(0,a.readdir)(`/proc/${o}/fd`).catch(()=>[]),c=await Promise.all(r.map(K=>(0,a.readlink)(`/proc/${o}/fd/${K}`).catch(()=>""))),f=new Set(c.flatMap(K=>/^socket:\[(\d+)\]$/.exec(K)?.[1]??[]));return(await(0,a.readFile)(`/proc/${o}/net/unix`,"utf8").catch(()=>"")).split(`
`).map(K=>K.trim().split(/\s+/)).flatMap(([,,,,,,K,te])=>K&&te&&f.has(K)&&fe((0,g.dirname)(te))?[te]:[])}e(Q,"socketsOf");function fe(o){return/^(libguestfs\w{6}|\.guestfish-\d+)$/.test((0,g.basename)(o))}e(fe,"isGuestfs");async function Ee(o){for(const r of o)await(0,a.rm)(r,{force:!0}),(0,g.basename)((0,g.dirname)(r)).startsWith("libguestfs")&&await(0,a.rmdir)((0,g.dirname)(r)).catch(()=>{})}e(Ee,"removeSockets");var ge=n(48790);const we=["accelerate","customize","compress","probe","hash"],be=1500,ve=/^(LIBGUESTFS|SUPERMIN)_/;class ye{static{e(this,"LocalBake")}#e;constructor(r){this.#e=r}get image(){return(0,g.join)(this.#e.folder,"work","golden.qcow2")}async prepare(r){const{folder:c,machine:f}=this.#e;U(f??await oe()),await Te(c),await M([{folder:c,bytes:ge.yF}],"begin a bake"),await this.#n(),await this.#s(r)}async*lines(r){const{folder:c}=this.#e;(0,P.Te)(r);const f=new B.Readable({objectMode:!0,read(){}}),S=(0,$.d1)("bash",["--norc",(0,g.join)(c,"bin","bake.sh"),...we],{cwd:c,env:this.#t(),onLine:e(K=>f.push(K),"onLine")}).then(()=>f.push(null),K=>f.destroy(K)),L=e(()=>f.destroy((0,P.Js)(r)),"onAbort");r.addEventListener("abort",L,{once:!0});try{yield*f}finally{r.removeEventListener("abort",L),await _e(c),await S}}#t(){const{environment:r,folder:c}=this.#e,f=Object.entries(r).filter(S=>ve.test(S[0])&&S[1]!==void 0);return{...Object.fromEntries(f),RKE2A_CONSOLE:"-",RKE2A_LOG:"",RKE2A_HOME:c,[v]:c}}async#n(){const{folder:r,input:c}=this.#e;for(const{name:f,content:S,mode:L}of(0,k.PE)(c)){const K=(0,g.join)(r,f);await(0,a.mkdir)((0,g.dirname)(K),{recursive:!0}),await(0,a.writeFile)(K,S),await(0,a.chmod)(K,Number.parseInt(L,8))}await(0,a.mkdir)((0,g.join)(r,"work"),{recursive:!0})}async#s(r){const{download:c}=this.#e.input.limits,f=(0,P.Bv)(r.clock,c,r.signal,()=>Oe(c));try{await this.#o({...r,signal:f.signal})}finally{f.clear()}}async#o(r){const{folder:c,input:f,cacheFolder:S}=this.#e,{base:L,recipe:K}=f,te=[[{title:"the base image",...L,qcow2:!0},(0,g.join)(c,"work","base.qcow2")],...K.downloads.map(re=>[{title:re.path,url:re.url,sha256:re.sha256,qcow2:!1},(0,g.join)(c,"stage",(0,y.ZF)(re))])];for(const[re,ie]of te)await(0,a.mkdir)((0,g.dirname)(ie),{recursive:!0}),await x(re,ie,{...r,cacheFolder:S,room:e((he,de)=>this.#a(re,he,de),"room")})}#a({title:r,qcow2:c},f,S){const{folder:L,cacheFolder:K}=this.#e,te=[{folder:L,bytes:c?3*f+ge.yF:f},...K&&!S?[{folder:K,bytes:f}]:[]];return M(te,`download ${r} and change it`)}}function Oe(o){return new E.eG("DOWNLOAD_TIMEOUT",`The downloads took longer than ${(0,C.a)(o)}.`,{mend:"Use a nearer mirror, or raise download-timeout."})}e(Oe,"tooSlow");async function Te(o){await(0,a.mkdir)((0,g.dirname)(o),{recursive:!0}),await(0,a.mkdir)(o,{mode:448}).catch(r=>{throw r.code!=="EEXIST"?r:new E.yo("BAKE_FOLDER_EXISTS",`${o} is there already: another build of this run bakes in it.`,{mend:"Let one build end before the next one of the same run begins.",cause:r})})}e(Te,"makePrivateFolder");async function ke(o,r){const c=await _e(o);c.length>0&&r.warning(`still running: processes ${c.join(", ")} of the bake in ${o}`);const f=await(0,a.stat)(o).catch(()=>{});return await(0,a.rm)(o,{recursive:!0,force:!0}),f!==void 0}e(ke,"removeLocalBake");async function _e(o){const r=await Z(await _(o)),c=await m(o,{grace:be});return await Ee(r),c}e(_e,"endProcesses")}),48790:((se,W,n)=>{n.d(W,{yF:e(()=>v,"yF"),cD:e(()=>_,"cD"),Fj:e(()=>i,"Fj")});var a=n(92029);const g=6e4,B={download:20*g,customize:20*g,probe:5*g,compress:10*g},P={prepare:15*g,accelerate:5*g,hash:10*g,serve:2*g},C=new Set(["customize","probe","compress"]);function E(h,t,u){const d=t==="tcg"?Math.max(1,u):1,w={...P,...h},N=Object.entries(w).map(([G,F])=>[G,C.has(G)?Math.round(F*d):F]);return Object.fromEntries(N)}e(E,"phaseLimits");function $(h,t,u){return Object.values(E(h,t,u)).reduce((d,w)=>d+w,0)}e($,"totalLimit");const v=2*1024**3,I=10,p=2;function _(h){const t={RUN_ID:h.runId,RECIPE:h.recipe.name,BASE_URL:h.base.url,BASE_SHA256:h.base.sha256,PORT:h.port,VIRTUAL_SIZE:h.recipe.virtualSize??0,AIR_GAPPED:h.recipe.airGapped?"yes":"no",COMPRESS:h.compress?"yes":"no",PROBE:h.probe.entry,MINIMUM_FREE:v,KVM_SILENCE:I,DOWNLOAD_PAUSE:p,...m(h,"kvm"),...m(h,"tcg")};return[...Object.entries(t).map(([d,w])=>`${d}=${(0,a.ZL)(String(w))}`),...l(h.proxy),""].join(`
`)}e(_,"renderSettings");function m(h,t){const u=E(h.limits,t,h.emulationFactor);return Object.fromEntries(Object.entries(u).map(([d,w])=>[`LIMIT_${d.toUpperCase()}_${t.toUpperCase()}`,Math.ceil(w/1e3)]))}e(m,"limitSettings");function l(h){const t={http_proxy:h?.http,https_proxy:h?.https,no_proxy:h?.no};return Object.entries(t).filter(([,u])=>u!==void 0&&u!=="").map(([u,d])=>`export ${u}=${(0,a.ZL)(d)}`)}e(l,"proxySettings");function i(h){const u=[h.proxy?.http,h.proxy?.https,h.base.url,...h.recipe.downloads.map(({url:d})=>d)].flatMap(d=>d&&URL.canParse(d)?y(new URL(d)):[]);return[...new Set([h.token,...u])]}e(i,"secretsOf");function y(h){const{username:t,password:u,search:d}=h;return[`${t}:${u}`,u,k(u),d.slice(1)].filter(w=>w.length>=4)}e(y,"credentialsOf");function k(h){try{return decodeURIComponent(h).replaceAll(`
`,"")}catch{return h}}e(k,"decode")}),9008:((se,W,n)=>{n.d(W,{bj:e(()=>C,"bj"),qK:e(()=>I,"qK")});var a=n(77030),g=n(42030),B=n(45145),P=n(92781);function C(i,y,k){const h=l(y.toLowerCase());return i?.get(`${h}:${k}`)??i?.get(h)}e(C,"wayTo");function E(i,y){return(k,h,t)=>new Promise((u,d)=>{const w={host:i,port:y??h},N=(0,a.connect)({...w,autoSelectFamily:!0,noDelay:!0}),G=e(ne=>{t.removeEventListener("abort",ee),N.off("error",q),ne()},"finish"),F=e(ne=>{N.destroy(),G(()=>d(ne))},"fail"),ee=e(()=>F((0,g.Js)(t)),"onAbort"),q=e(ne=>F((0,P.x)(ne,new URL(`http://${m(w)}`))),"onError");N.once("connect",()=>G(()=>u(N))),N.on("error",q),t.addEventListener("abort",ee),t.aborted&&ee()})}e(E,"dialAddress");const $=String.raw`(\[[0-9a-fA-F:.]+\]|[^\s:=[\]]+)(?::(\d{1,5}))?`,v=new RegExp(`^${$}=${$}$`);function I(i){const y=i.filter(k=>!v.test(k)||_(k).some(h=>h>65535));if(y.length>0)throw new B.yo("RESOLVE_INVALID",`No "host=address": ${y.join(", ")}.`,{mend:"Write one per line, such as harbor.example.com=10.0.0.5 or harbor.example.com:443=10.0.0.5:8443."});return new Map(i.map(p))}e(I,"parseResolve");function p(i){const[,y="",k,h="",t]=v.exec(i),u=l(y.toLowerCase()),d=E(l(h),t===void 0?void 0:Number(t));return[k===void 0?u:`${u}:${Number(k)}`,d]}e(p,"wayOf");function _(i){const[,,y="0",,k="0"]=v.exec(i)??[];return[Number(y),Number(k)]}e(_,"portsOf");function m({host:i,port:y}){return i.includes(":")?`[${i}]:${y}`:`${i}:${y}`}e(m,"hostPort");const l=e(i=>i.replace(/^\[|\]$/g,""),"bare")}),28338:((se,W,n)=>{n.d(W,{DC:e(()=>$,"DC"),K7:e(()=>v,"K7"),dj:e(()=>I,"dj"),qQ:e(()=>C,"qQ")});var a=n(77598),g=n(51455),B=n(57075),P=n(42030);function C(p,_){return(0,a.createHash)(p).update(_).digest("hex")}e(C,"hashOf");const E=512*1024;async function $(p,_,m){const l=(0,a.createHash)(p),i=await(0,g.open)(_);try{const y=[Buffer.allocUnsafe(E),Buffer.allocUnsafe(E)],k=e(async()=>{(0,P.Te)(m);const{bytesRead:h,buffer:t}=await i.read(y.reverse()[0],0,E);return t.subarray(0,h)},"read");for(let h=await k();h.length>0;){const t=k();l.update(h),h=await t}}finally{await i.close()}return l.digest("hex")}e($,"hashFile");function v(p){const _=(0,a.createHash)(p);let m=0;return{stream:new B.Transform({transform(i,y,k){m+=i.length,_.update(i),k(null,i)}}),result:e(()=>({bytes:m,hex:_.copy().digest("hex")}),"result")}}e(v,"meter");function I(p){return JSON.stringify(p,(_,m)=>m&&typeof m=="object"&&!Array.isArray(m)?Object.fromEntries(Object.entries(m).sort(([l],[i])=>l<i?-1:l>i?1:0)):m)}e(I,"canonicalJson")}),69970:((se,W,n)=>{n.d(W,{O0:e(()=>C,"O0"),cP:e(()=>E,"cP"),f$:e(()=>P,"f$")});var a=n(45145),g=n(16089);const B=/^(authorization|cookie|proxy-authorization)$|(^|-)(token|secret|key|password)$/;function P($){const v=URL.canParse($)?new URL($):void 0;if(v&&/^https?:$/.test(v.protocol))return v;throw new a.yo("HTTP_URL",`"${(0,g.B)($)}" is not an http or https URL.`,{mend:"Give a URL such as https://mirror.example.com/path."})}e(P,"parseHttpUrl");function C($){const v=Object.entries($.headers??{}).map(([I,p])=>[I.toLowerCase(),p]);return{...$,headers:Object.fromEntries(v)}}e(C,"withLowerCaseHeaders");function E($,v,I){const{body:p,headers:_={},...m}=$,l=$.method??"GET",i=v===303?l!=="HEAD":v<303&&l==="POST",y=I.to.origin!==I.from.origin,k=e(u=>y&&B.test(u)||i&&u.startsWith("content-"),"dropped"),h=Object.entries(_).filter(([u])=>!k(u)),t={...m,headers:Object.fromEntries(h)};if(i)return{...t,method:"GET"};if(p===void 0)return t;if(typeof p=="string"||p instanceof Uint8Array)return{...t,body:p};throw new a.eG("HTTP_REDIRECTS",`${(0,g.B)(I.from)} redirects a ${l} whose body is a stream.`,{mend:`Send it to ${(0,g.B)(I.to)} directly.`})}e(E,"redirected")}),84470:((se,W,n)=>{n.d(W,{V:e(()=>N,"V"),B:e(()=>h.B,"B")});var a=n(57075),g=n(42030),B=n(9008),P=n(45145),C=n(77030),E=n(41692),$=n(74334);const v=1e4,I=3e4;async function p(R,U){const V=(0,$.K)(U.ca??[],U.client),{Agent:H,ProxyAgent:M}=await n.e(752).then(n.t.bind(n,24371,19)),z={...V&&{secureContext:V},...U.insecure&&{rejectUnauthorized:!1}},{http1:b,connections:O}=U,A={...b&&{allowH2:!1},...O&&{connections:O}};if(R.dial)return new H({...A,connect:_(R.dial,z)});const x={...z,...b&&{allowH2:!1},autoSelectFamily:!0};return R.proxy?new M({...A,uri:R.proxy,requestTls:x,proxyTls:x,connectTimeout:v}):new H({...A,connect:{...x,timeout:v}})}e(p,"makeAgent");function _(R,U){return({hostname:V,port:H,protocol:M},z)=>{const b=M==="https:",O=(0,g.Bv)(g.ml,I,void 0,()=>m(V));e(async()=>{const x=await R(V,Number(H)||(b?443:80),O.signal);return b?l(x,V,{trust:U,signal:O.signal}):x},"connected")().then(x=>z(null,x)).catch(x=>z(x,null)).finally(O.clear)}}e(_,"dialled");function m(R){return new P.eG("HTTP_TIMEOUT",`No connection to ${R} within ${I/1e3} s.`,{mend:"Check the address it is resolved to, or the tunnel that leads there."})}e(m,"tooLate");function l(R,U,{trust:V,signal:H}){return new Promise((M,z)=>{const b=U.replace(/^\[|\]$/g,""),O=(0,C.isIP)(b)?{}:{servername:b},A=E.connect({...V,...O,socket:R,host:b,ALPNProtocols:["http/1.1"]}),x=e(J=>{A.destroy(),z(J)},"fail"),j=e(()=>x(H.reason),"onAbort");H.addEventListener("abort",j,{once:!0}),A.once("error",x),A.once("close",()=>x(Object.assign(new Error("closed"),{code:"ECONNRESET"}))),A.once("secureConnect",()=>{H.removeEventListener("abort",j),A.off("error",x),M(A)})})}e(l,"encrypted");var i=n(69970),y=n(92781),k=n(13464),h=n(16089);const t=4<<20,u=3e4,d=5,w=new Set([301,302,303,307,308]);function N(R={}){const U=new Map,V=e(M=>{const z=M.dial??M.proxy,b=U.get(z)??p(M,R);return U.set(z,b),b},"agentFor"),H=e(async(M,z)=>{const b=(0,B.bj)(R.ways,M.hostname,G(M)),O=b?void 0:(0,k.i)(M,R.env??{});return{url:M,request:z,proxy:O,agent:await V({dial:b,proxy:O})}},"hop");return{request:e(async(M,z={})=>F(H,(0,i.f$)(M),(0,i.O0)(z)),"request"),close:e(async()=>{for(const M of U.values())await M.then(z=>z.destroy(),()=>{})},"close")}}e(N,"createHttp");function G(R){return Number(R.port)||(R.protocol==="https:"?443:80)}e(G,"portOf");async function F(R,U,V){const H=V.redirects??d;let[M,z]=[U,V];for(let b=0;;b++){const O=await q(await R(M,z)),{location:A}=O.headers;if(H===0||!A||!w.has(O.status))return O;if(O.body.destroy(),b===H)throw ee(U,`redirects more than ${H} times`);const x=URL.canParse(A,M.href)?new URL(A,M):void 0;if(!x||!/^https?:$/.test(x.protocol))throw ee(M,"redirects to what is no http URL");z=(0,i.cP)(z,O.status,{from:M,to:x}),M=x}}e(F,"follow");function ee(R,U){return new P.eG("HTTP_REDIRECTS",`${(0,h.B)(R)} ${U}.`,{mend:"Give the URL that the server finally leads to, or mend the server."})}e(ee,"badRedirect");async function q({url:R,request:U,proxy:V,agent:H}){const{signal:M,timeout:z=u}=U,b=e(O=>M?.aborted?(0,g.Js)(M):O instanceof P.AK?O:(0,y.x)(O,R,V),"explained");(0,g.Te)(M);try{const O=await H.request({origin:R.origin,path:R.pathname+R.search,method:U.method??"GET",headers:{...ne(R),...U.headers},body:U.body??null,signal:M??null,headersTimeout:z,bodyTimeout:z}),A=ae(O.body,b);return{status:O.statusCode,headers:oe(O.headers),url:R.href,body:A,text:e((x=t)=>le(A,R,x),"text")}}catch(O){throw b(O)}}e(q,"send");function ne(R){if(!R.username)return{};const U=`${decodeURIComponent(R.username)}:${decodeURIComponent(R.password)}`;return{authorization:`Basic ${Buffer.from(U).toString("base64")}`}}e(ne,"basicAuth");function oe(R){const U=e(([V,H])=>[V,[H??""].flat().join(", ")],"joined");return Object.fromEntries(Object.entries(R).map(U))}e(oe,"flatHeaders");function ae(R,U){const V=new a.PassThrough;R.once("error",H=>V.destroy(U(H))),V.once("close",()=>R.destroy());for(const H of[R,V])H.on("error",()=>{});return R.pipe(V)}e(ae,"withExplanation");async function le(R,U,V){const H=[];let M=0;for await(const z of R){if(M+=z.length,M>V)throw new P.eG("HTTP_TOO_LARGE",`${(0,h.B)(U)} sent more than ${V} bytes.`,{mend:"Check that the URL leads to what is expected there, not to an error page or an image."});H.push(z)}return Buffer.concat(H).toString("utf8")}e(le,"readText")}),92029:((se,W,n)=>{n.d(W,{Si:e(()=>h,"Si"),ZL:e(()=>k,"ZL"),d1:e(()=>v,"d1")});var a=n(31421),g=n(73024),B=n(48161),P=n(80481),C=n(46466),E=n(42030),$=n(45145);async function v(t,u,d={}){const{signal:w,onLine:N,keep:G=1<<20}=d;(0,E.Te)(w);const F=(0,a.spawn)(t,u,{cwd:d.cwd,env:d.env,stdio:["pipe","pipe","pipe"],detached:process.platform!=="win32"}),ee=new AbortController,q=e(()=>{I(F,d.grace??2e3,ee.signal)},"onAbort");w?.addEventListener("abort",q,{once:!0});const ne=p(F.stdout,G),oe=p(F.stderr,G);N&&((0,P.createInterface)({input:F.stdout}).on("line",ae=>N(ae,"stdout")),(0,P.createInterface)({input:F.stderr}).on("line",ae=>N(ae,"stderr"))),F.stdin.on("error",()=>{}),F.stdin.end(d.input??"");try{const ae=await _(F,t,d.cwd);return(0,E.Te)(w),{exitCode:ae,stdout:ne(),stderr:oe()}}finally{ee.abort(),w?.removeEventListener("abort",q)}}e(v,"runCommand");async function I(t,u,d){const w=e(N=>{try{t.pid&&process.kill(process.platform==="win32"?t.pid:-t.pid,N)}catch{}},"kill");w("SIGTERM"),await E.ml.sleep(u,d).then(()=>w("SIGKILL"),()=>{})}e(I,"stopGroup");function p(t,u){const d=[];let w=0;return t.on("data",N=>{for(d.push(N),w+=N.length;d.length>1&&w-d[0].length>=u;)w-=d.shift().length}),()=>Buffer.concat(d).subarray(-u).toString("utf8")}e(p,"keptEnd");function _(t,u,d){return new Promise((w,N)=>{t.once("error",G=>N(m(G,u,d))),t.once("close",(G,F)=>w(G??128+(F?B.constants.signals[F]:0)))})}e(_,"exitCodeOf");function m(t,u,d){if(t.code==="ENOENT"&&d!==void 0&&!(0,g.existsSync)(d)){const w=`The command "${u}" cannot run in ${d}: there is no such folder.`;return new $.eG("COMMAND_NOT_STARTED",w,{cause:t})}return t.code==="ENOENT"?new $.eG("COMMAND_NOT_FOUND",`The command "${u}" is not installed.`,{cause:t}):new $.eG("COMMAND_NOT_STARTED",`The command "${u}" could not be started.`,{cause:t})}e(m,"notStarted");async function l(t,u,d={}){const w=await v(t,u,d);if(w.exitCode!==0)throw i(t,u,w.exitCode,`${w.stdout}
${w.stderr}`);return w}e(l,"mustRun");function i(t,u,d,w){return new $.eG("COMMAND_FAILED",`${y(t,u)} exited with ${d}.`,{evidence:w.trim().split(`
`).slice(-20)})}e(i,"failed");function y(t,u){return[t,...u].map(k).join(" ")}e(y,"shellLine");function k(t){return/^[\w@%+=:,./-]+$/.test(t)?t:`'${t.replaceAll("'","'\\''")}'`}e(k,"shellQuote");async function*h(t,u,d,w){(0,E.Te)(w);const N=(0,a.spawn)(t,u,{stdio:["pipe","pipe","pipe"]}),G=e(()=>{N.kill("SIGKILL")},"stop");w?.addEventListener("abort",G,{once:!0});const F=p(N.stderr,65536),ee=_(N,t,void 0);ee.catch(()=>{});let q;const ne=(0,C.pipeline)(d,N.stdin).catch(oe=>{oe.code==="EPIPE"||oe.code==="ERR_STREAM_PREMATURE_CLOSE"||(q=oe,G())});try{for await(const ae of N.stdout)yield ae;const oe=await ee;if(await ne,(0,E.Te)(w),q)throw q;if(oe!==0)throw i(t,u,oe,F())}finally{w?.removeEventListener("abort",G),G()}}e(h,"filterCommand")}),13464:((se,W,n)=>{n.d(W,{i:e(()=>P,"i")});var a=n(77030),g=n(45145),B=n(16089);function P(p,_){const m=e(y=>_[y]||_[y.toUpperCase()]||void 0,"read"),l=m(p.protocol==="https:"?"https_proxy":"http_proxy");if(!l||v(p.hostname)||C(p,m("no_proxy")??""))return;const i=l.includes("://")?l:`http://${l}`;if(URL.canParse(i)&&/^https?:$/.test(new URL(i).protocol))return i;throw new g.yo("PROXY_INVALID",`The proxy "${(0,B.B)(i)}" is not an http or https URL.`,{mend:"Set http_proxy and https_proxy to URLs such as http://proxy.example.com:3128."})}e(P,"proxyFor");function C(p,_){const m=I(p.hostname),l=p.port||(p.protocol==="https:"?"443":"80");return _.split(/[\s,]+/).map(i=>i.toLowerCase()).filter(Boolean).some(i=>E(i,m,l))}e(C,"bypassed");function E(p,_,m){if(p==="*")return!0;if(p.includes("/"))return $(p,_);const[,l,i]=/^(\[[^\]]+\]|[^:]*(?::[^:]*:.*)?)(?::(\d+))?$/.exec(p)??[];if(l===void 0||i&&i!==m)return!1;const y=I(l).replace(/^\*?\./,"");return _===y||(0,a.isIP)(_)===0&&_.endsWith(`.${y}`)}e(E,"matches");function $(p,_){const[m="",l=""]=p.split("/"),i=(0,a.isIP)(_);if(i===0||(0,a.isIP)(m)!==i||!/^\d+$/.test(l)||Number(l)>(i===4?32:128))return!1;const y=new a.BlockList,k=i===4?"ipv4":"ipv6";return y.addSubnet(m,Number(l),k),y.check(_,k)}e($,"inBlock");function v(p){const _=I(p);return _==="localhost"||_.endsWith(".localhost")||_==="::1"||/^127\./.test(_)}e(v,"isLoopback");function I(p){return p.toLowerCase().replace(/^\[|\]$/g,"").replace(/\.$/,"")}e(I,"bare")}),31666:((se,W,n)=>{n.d(W,{L:e(()=>P,"L"),m:e(()=>C,"m")});var a=n(42030),g=n(15902),B=n(45145);async function P(E,$){const{attempts:v=5,firstDelay:I=500,longestDelay:p=15e3,longestRetryAfter:_=6e4}=$,m=$.random??Math.random;for(let l=1;;l++){(0,a.Te)($.signal);try{return await E(l)}catch(i){if((0,a.Te)($.signal),l>=v||!$.retryable(i))throw i;const y=$.retryAfter?.(i);if(y!==void 0&&y>_)throw i;const k=Math.min(p,I*2**(l-1)),h=y??k*(.5+m()/2);$.log.info(`${$.doing}: attempt ${l} of ${v} failed: ${(0,B.bD)(i)}; next in ${(0,g.a)(h)}`),await $.clock.sleep(h,$.signal)}}}e(P,"retry");function C(E,$){if(!E)return;if(/^\d+$/.test(E.trim()))return Number(E)*1e3;const v=/[A-Za-z]/.test(E)?Date.parse(E):Number.NaN;return Number.isNaN(v)?void 0:Math.max(0,v-$.now())}e(C,"parseRetryAfter")}),74334:((se,W,n)=>{n.d(W,{K:e(()=>$,"K")});var a=n(77598),g=n(41692),B=n(45145);const P=/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;function C(p){const _=p.match(P)??[],m=_.findIndex(i=>!E(i));if(_.length>0&&m<0)return _;const l=_.length===0?"holds no certificate":`is broken at certificate ${m+1}`;throw new B.yo("CA_INVALID",`The CA bundle ${l}.`,{mend:"Give PEM text: -----BEGIN CERTIFICATE-----, base64 lines, -----END CERTIFICATE-----."})}e(C,"splitPem");function E(p){try{return new a.X509Certificate(p),!0}catch{return!1}}e(E,"isCertificate");function $(p,_){if(!(p.length===0&&!_))return _&&v(_),g.createSecureContext({...p.length>0&&{ca:[...g.getCACertificates("default"),...p.flatMap(C)]},..._&&{cert:_.certificate,key:_.key}})}e($,"trustContext");function v({certificate:p,key:_}){try{if(new a.X509Certificate(p).checkPrivateKey((0,a.createPrivateKey)(_)))return}catch(m){throw I(`cannot be read: ${(0,B.bD)(m)}`,m)}throw I("do not belong together")}e(v,"checkClient");function I(p,_){return new B.yo("CLIENT_CERTIFICATE_INVALID",`The client's certificate and key ${p}.`,{mend:"Give both as PEM text or as paths of PEM files; the key without a passphrase.",cause:_})}e(I,"clientInvalid")}),67468:((se,W,n)=>{n.d(W,{n:e(()=>B,"n")});var a=n(52041),g=n(20329);async function B(P){const{secret:C,claim:E}=(0,g.kH)(P.runId),$=await(0,a.s2)({...P,known:{secrets:[C],claims:[E]}});for(const v of $.removed)P.log.info(`removed ${v}`);for(const{what:v,why:I}of $.left)P.log.warning(`still there: ${v}: ${I}`);return $.removed.length===0&&$.left.length===0&&P.log.info("nothing was left to remove"),$}e(B,"cleanUp")}),20329:((se,W,n)=>{n.d(W,{HN:e(()=>h,"HN"),Xs:e(()=>i,"Xs"),d5:e(()=>_,"d5"),dR:e(()=>v,"dR"),kH:e(()=>l,"kH")});var a=n(76760),g=n(42030),B=n(15902),P=n(45145),C=n(28338),E=n(39955),$=n(18085);const v={fingerprint:2*6e4,provision:30*6e4,bake:180*6e4,proof:6e4,handOver:5*6e4,import:30*6e4,report:6e4,cleanup:5*6e4,stall:15*6e4},I=864e5;function p({limits:{stall:t,...u},bakeRetries:d}){const w=Object.values(u).reduce((N,G)=>N+G,0)*(1+d);return Math.max(I,2*w)}e(p,"lifetimeOf");function _(t,u){m(t);const[d,w]=(0,g.vE)(u).replace(/[-:Z]/g,"").split("T"),{imageNamePrefix:N,version:G,recipe:F}=t,ee={prefix:N,date:d,time:w,run:y(t.runId),version:G,recipe:F.name},q=(0,$.tO)(t.nameTemplate,ee);return{...t,names:{...l(t.runId),image:q},ownership:{runId:t.runId,recipe:t.recipe.name,labels:t.labels,expiresAt:(0,g.vE)({...u,now:e(()=>u.now()+p(t),"now")})},recipeDigest:(0,E.dF)(t.recipe),phases:k(t)}}e(_,"planGolden");function m({recipe:{allowedHosts:t},builder:u}){const d=u.image?.url;if(!(!t||d===void 0||t.includes(new URL(d).hostname)))throw new P.yo("BUILDER_IMAGE_OUTSIDE",`The recipe is air-gapped, and builder-image names another host: ${new URL(d).hostname}.`,{mend:`Take the image from one of ${t.join(", ")}, or add its host to allowed-hosts.`})}e(m,"stayInside");function l(t){const u=`golden-builder-${y(t)}`,d=(0,C.qQ)("sha256",`${t} root`).slice(0,5);return{vm:u,secret:`${u}-cloudinit`,claim:`${u}-root-${d}`,baseImage:`golden-base-${y(t)}`}}e(l,"builderNames");function i(t,u){return(0,a.join)(t,l(u).vm)}e(i,"runnerFolder");const y=e(t=>(0,C.qQ)("sha256",t).slice(0,6),"markOf");function k({limits:t,runner:u}){const d=e((w,N,G,F)=>({id:w,limit:N,title:G,why:F,limitInput:`${w}-timeout`}),"phase");return[d("fingerprint",t.fingerprint,"Compare with what exists","an unchanged image needs no second bake"),u?d("provision",t.provision,"Prepare the runner","the bake runs on this machine"):d("provision",t.provision,"Create the builder","the bake runs inside Harvester, near its storage"),d("bake",t.bake,"Bake","the recipe is applied to the base image and facts are collected"),d("proof",t.proof,"Prove","an image that breaks a rule is never imported"),d("hand-over",t.handOver,"Find the image",u?"the image is sent from this machine":"Harvester gets it from an address of the builder, or through this machine"),d("import",t.import,"Import","Harvester stores the image and checks its SHA-512"),d("report",t.report,"Report","what was built, from what, and how to use it"),d("cleanup",t.cleanup,"Clean up","everything but the image is removed, whatever happened")]}e(k,"plannedPhases");function h(t){const{names:u,namespace:d,builder:w,recipe:N}=t,G=N.layers.length>0?` with ${N.layers.join(", ")}`:"";return[`recipe       ${N.name}${G} (${t.recipeDigest.slice(0,12)})`,`image        ${d}/${u.image}`,...t.runner?[`builder      this machine, in ${t.runner.folder}`]:[`builder      ${d}/${u.vm}: ${w.cpu} CPU, ${w.memory}, disk ${w.diskSize}`,`boots from   ${w.image?.url??N.base.url}`],`network      ${[t.network??"pod network",...t.staticNetwork?.addresses??[]].join(", ")}`,`labels       run ${t.runId}, expiring ${t.ownership.expiresAt}`,...t.phases.map(({id:F,title:ee,limit:q,why:ne})=>`${F.padEnd(12)} ${ee}: ${ne} (at most ${(0,B.a)(q)})`)]}e(h,"planLines")}),60188:((se,W,n)=>{n.d(W,{Bg:e(()=>B,"Bg"),L5:e(()=>E,"L5"),MW:e(()=>P,"MW"),Tx:e(()=>a,"Tx"),WL:e(()=>$,"WL"),dC:e(()=>v,"dC"),dr:e(()=>g,"dr"),pE:e(()=>C,"pE")});const a={group:"harvesterhci.io",version:"v1beta1",plural:"virtualmachineimages",kind:"VirtualMachineImage",namespaced:!0},g={group:"kubevirt.io",version:"v1",plural:"virtualmachines",kind:"VirtualMachine",namespaced:!0},B={group:"kubevirt.io",version:"v1",plural:"virtualmachineinstances",kind:"VirtualMachineInstance",namespaced:!0},P={group:"k8s.cni.cncf.io",version:"v1",plural:"network-attachment-definitions",kind:"NetworkAttachmentDefinition",namespaced:!0},C={group:"longhorn.io",version:"v1beta2",plural:"backingimages",kind:"BackingImage",namespaced:!0},E={group:"harvesterhci.io",version:"v1beta1",plural:"virtualmachinetemplateversions",kind:"VirtualMachineTemplateVersion",namespaced:!0},$={group:"harvesterhci.io",version:"v1beta1",plural:"virtualmachinebackups",kind:"VirtualMachineBackup",namespaced:!0},v={group:"cdi.kubevirt.io",version:"v1beta1",plural:"datavolumes",kind:"DataVolume",namespaced:!0}}),82588:((se,W,n)=>{n.d(W,{sv:e(()=>b,"sv"),ZF:e(()=>z,"ZF")});var a=n(92029);const g="R2A| ",B="R2A-STEP-ENDED";function P(s,T){return`#!/bin/sh
# ${s}
{ (
set -eu
export LC_ALL=C SYSTEMD_OFFLINE=1
cd /

${T.trim()}
); printf '\\n%s %s\\n' '${B}' "$?"; } 2>&1 | {
  while IFS= read -r line; do
    case $line in
      '') continue ;;
      '${B} '*) exit "\${line#${B} }" ;;
    esac
    printf '%s\\n' "$line"
    { printf '%s%s\\r\\n' '${g}' "$line" >/dev/console; } 2>/dev/null || :
  done
  echo 'the step was cut off' >&2
  exit 70
}
`}e(P,"stepScript");function C(s){return s.map(a.ZL).join(" ")}e(C,"words");function E(s,T="    "){return s.map(D=>`${T}${(0,a.ZL)(D)}`).join(` \\
`)}e(E,"wordLines");function $({required:s,forbidden:T}){return`root_uuid() {
    device=$(awk '$2 == "/" { found = $1 } END { print found }' /proc/mounts)
    blkid -o value -s UUID "$device"
}

is_forbidden() {
    for unwanted in \\
${E(T,"        ")}; do
        case $1 in "$unwanted" | "$unwanted"=*) return 0 ;; esac
    done
    return 1
}

# Prints a command line: the right root first, then what is given and allowed, then what is required and missing.
clean_command_line() {
    line="root=UUID=$uuid ro"
    for argument in "$@" \\
${E(s,"        ")}; do
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
[ -n "$uuid" ] || { echo 'the root filesystem has no UUID'; exit 1; }`}e($,"commandLineFunctions");const v="/boot/loader/entries/*.conf";function I(s){return`${$(s)}

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
fi`}e(I,"writeCommandLine");const p=`made=0
for kernel in /boot/vmlinuz-*; do
    version=\${kernel#/boot/vmlinuz-}
    case $version in *rescue* | '*') continue ;; esac
    [ -d "/usr/lib/modules/$version" ] || { echo "the kernel $version has no modules"; exit 1; }
    echo "initramfs for $version"
    dracut --force --no-hostonly --kver "$version" "/boot/initramfs-$version.img"
    [ -s "/boot/initramfs-$version.img" ] || { echo "dracut made no initramfs for $version"; exit 1; }
    made=$((made + 1))
done
[ "$made" -gt 0 ] || { echo 'no kernel is installed'; exit 1; }`;function _(s){return`${$(s)}

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
echo "$count boot entries, default $default: $cmdline"`}e(_,"fixBootEntries");const m="rke2-actions-files",l=`/var/tmp/${m}`,i=`rm -r ${l}`;function y(s){return s.map(k).join(`
`)}e(y,"installFiles");function k({path:s,mode:T,owner:D,group:Z}){const Q=(0,a.ZL)(s);return`install -D -o ${D} -g ${Z} -m ${T} ${(0,a.ZL)(`${l}${s}`)} ${Q}
echo ${(0,a.ZL)(`${s} ${T} ${D}:${Z}`)}`}e(k,"installFile");function h(s){return s.map(({path:T,mode:D,owner:Z,group:Q})=>`install -d -o ${Z} -g ${Q} -m ${D} ${(0,a.ZL)(T)}`).join(`
`)}e(h,"makeDirectories");function t({downloads:s}){return s.map(({path:T,mode:D})=>`chown root:root ${(0,a.ZL)(T)}
chmod ${D} ${(0,a.ZL)(T)}
ls -l ${(0,a.ZL)(T)}`).join(`
`)}e(t,"settleDownloads");function u({mode:s,type:T}){return`[ -f /etc/selinux/config ] || { echo 'the image has no /etc/selinux/config'; exit 1; }
sed -i -e 's/^SELINUX=.*/SELINUX=${s}/' -e 's/^SELINUXTYPE=.*/SELINUXTYPE=${T}/' /etc/selinux/config
grep -q '^SELINUX=${s}$' /etc/selinux/config
grep -q '^SELINUXTYPE=${T}$' /etc/selinux/config`}e(u,"setSelinux");function d({enable:s,disable:T,mask:D}){const Z=`unit_exists() {
    for folder in /etc /usr/lib /lib; do
        [ -e "$folder/systemd/system/$1" ] && return 0
    done
    return 1
}`,Q=`for unit in ${C(T)}; do
    if unit_exists "$unit"; then systemctl disable "$unit"; else echo "$unit does not exist"; fi
done`;return[T.length>0&&`${Z}
${Q}`,D.length>0&&`systemctl mask ${C(D)}`,s.length>0&&`systemctl enable ${C(s)}`].filter(Boolean).join(`
`)}e(d,"setServices");function w({script:s,environment:T={}}){return`${Object.entries(T).map(([Z,Q])=>`${Z}=${(0,a.ZL)(Q)}
`).join("")}${s}`}e(w,"runOwnCommand");function N(s){return`dnf -y --best ${["--setopt=install_weak_deps=False","--setopt=keepcache=0",...s.repositories.map(({id:D})=>`--enablerepo=${D}`)].join(" ")}`}e(N,"dnf");const G="update-ca-trust";function F(s){const T=s.repositories.flatMap(Q=>Q.replaces),D=s.otherRepositories==="disable"?"all":T.join(" ");return`ours=' ${s.repositories.map(({id:Q})=>`/etc/yum.repos.d/${Q}.repo`).join(" ")} '
for file in /etc/yum.repos.d/*.repo; do
    [ -f "$file" ] || continue
    case $ours in *" $file "*) continue ;; esac
    awk -v wanted=' ${D} ' '
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
for name in ${C(s.packages.absent)}; do
    if rpm -q "$name" >/dev/null 2>&1; then found="$found $name"; fi
done
if [ -z "$found" ]; then
    echo 'none of the unwanted packages is installed'
else
    # shellcheck disable=SC2086 # names of packages, one word each
    dnf -y --disablerepo='*' remove $found
fi`}e(ee,"removePackages");function q(s){return`${N(s)} upgrade`}e(q,"updatePackages");function ne(s){return`${N(s)} install ${C(s.packages.install)}`}e(ne,"installPackages");const oe="pending security update: ",ae="pending security updates: ";function le(s){return`list=$(${N(s)} --quiet updateinfo list --security)
count=0
while IFS= read -r line; do
    [ -n "$line" ] || continue
    count=$((count + 1))
    echo "${oe}$line"
done <<END
$list
END
echo "${ae}$count"`}e(le,"listPendingUpdates");function R(s){const{install:T,absent:D}=s.packages,Z=`for name in ${C(T)}; do
    rpm -q --whatprovides "$name" >/dev/null 2>&1 || { echo "the package $name is not installed"; bad=1; }
done`,Q=`for name in ${C(D)}; do
    ! rpm -q "$name" >/dev/null 2>&1 || { echo "the package $name is installed"; bad=1; }
done`;return["bad=0",T.length>0&&Z,D.length>0&&Q,'[ "$bad" -eq 0 ]'].filter(Boolean).join(`
`)}e(R,"checkPackages");const U="/etc/.resolv.conf.sealed",V=["/etc/machine-id","/etc/resolv.conf"];function H({sealing:s}){const T=s.emptied.filter(D=>!V.includes(D));return`if command -v cloud-init >/dev/null 2>&1; then cloud-init clean --logs --seed; fi
dnf -q clean all
[ -L /var/lib/dbus/machine-id ] || rm -f /var/lib/dbus/machine-id
# Logs keep their files, owners and modes, and lose what is in them; those of dnf and rpm begin anew on the node.
find /var/log -type f -exec truncate -s 0 {} +
${s.removed.map(D=>`rm -rf -- ${D}`).join(`
`)}
${T.map(D=>`: >${D}`).join(`
`)}
[ -e /etc/machine-id ] || : >/etc/machine-id`}e(H,"seal");function M({selinux:s,sealing:T}){const D=T.emptied.includes("/etc/resolv.conf")?`
[ -e /etc/resolv.conf ] || : >/etc/resolv.conf
ln -f /etc/resolv.conf ${U}
chmod 0644 ${U}
: >${U}`:"";return`contexts=/etc/selinux/${s.type}/contexts/files/file_contexts
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
rm -f /.autorelabel${D}
echo "labelled by $contexts: /$mounted"`}e(M,"relabel");function z(s){return`downloads/${s.sha256}`}e(z,"stagedDownload");function b(s){const T=A(s),D=T.map(me);return{commands:T.map((Q,fe)=>Q.command??`run @STAGE@/${D[fe].name}`).map(Q=>`${Q}
`).join(""),files:[...s.files.map(pe),...D.filter((Q,fe)=>T[fe].script!==void 0)],steps:T.map(({id:Q,title:fe})=>({id:Q,title:fe}))}}e(b,"renderCustomize");const O=new Set(["certificates","repositories","initramfs","services"]);function A(s){const T=s.files.filter(Z=>O.has(Z.origin)),D=s.files.filter(Z=>!O.has(Z.origin));return[...x(s,T),...j(s),...J(s,D),...X(s),...Y(s)]}e(A,"stepsOf");function x(s,T){const D=s.downloads.length>0?[...new Set(s.downloads.map(({path:Z})=>$e(Z)))]:[];return ce([{id:"stage-files",title:"Copy the recipe's files into the image",command:`copy-in @STAGE@/${m}:/var/tmp`},...D.map((Z,Q)=>({id:`download-folder-${Q+1}`,title:`Make ${Z}`,command:`mkdir ${Z}`})),...s.downloads.map((Z,Q)=>({id:`download-${Q+1}`,title:`Put ${Z.path} in place`,command:`upload @STAGE@/${z(Z)}:${Z.path}`})),s.downloads.length>0&&{id:"downloads",title:"Set owner and mode of downloads",script:t(s)},T.length>0&&{id:"early-files",title:"Install the files that packages depend on",script:y(T)},s.certificates.length>0&&{id:"certificates",title:"Trust the CA certificates",script:G},{id:"repositories",title:"Switch off replaced repositories",script:F(s)},{id:"kernel-command-line",title:"Write the kernel command line",script:I(s.kernelCommandLine)}])}e(x,"stageSteps");function j(s){const{absent:T,update:D,install:Z}=s.packages;return ce([T.length>0&&{id:"remove-packages",title:"Remove unwanted packages",script:ee(s)},D&&{id:"update-packages",title:"Update all packages",script:q(s)},Z.length>0&&{id:"install-packages",title:"Install packages",script:ne(s)},{id:"check-packages",title:"Check what is installed",script:R(s)},{id:"pending-updates",title:"List pending security updates",script:le(s)},{id:"repositories-again",title:"Switch off what packages brought back",script:F(s)}])}e(j,"packageSteps");function J(s,T){return ce([s.directories.length>0&&{id:"directories",title:"Make directories",script:h(s.directories)},{id:"files",title:"Install files",script:[y(T),i].join(`
`)},{id:"selinux",title:"Set the SELinux mode",script:u(s.selinux)},{id:"services",title:"Choose services",script:d(s.services)},...s.commands.map(D=>({id:D.id,title:D.title,script:w(D)}))])}e(J,"contentSteps");function X(s){return[{id:"initramfs",title:"Build an initramfs for every kernel",script:p},{id:"boot-entries",title:"Correct and check the boot entries",script:_(s.kernelCommandLine)}]}e(X,"bootSteps");function Y(s){const{emptied:T}=s.sealing;return ce([{id:"seal",title:"Remove what belongs to one machine",script:H(s)},{id:"relabel",title:"Label all files for SELinux",script:M(s)},T.includes("/etc/resolv.conf")&&{id:"resolv-conf",title:"Empty /etc/resolv.conf",command:`move ${U}:/etc/resolv.conf`},{id:"builder-log",title:"Remove the log of the bake",command:"delete /tmp/builder.log"},...T.includes("/etc/machine-id")?[{id:"machine-id",title:"Empty /etc/machine-id",command:"truncate /etc/machine-id"},{id:"machine-id-mode",title:"Protect /etc/machine-id",command:"chmod 0444:/etc/machine-id"}]:[]])}e(Y,"sealingSteps");function ce(s){return s.filter(T=>T!==!1)}e(ce,"present");function me({id:s,title:T,script:D=""},Z){return{name:`steps/${String(Z+1).padStart(2,"0")}-${s}.sh`,content:P(T,D),mode:"0644"}}e(me,"stagedScript");function pe(s){return{name:`${m}${s.path}`,content:s.content,mode:"0600"}}e(pe,"stagedFile");const $e=e(s=>s.slice(0,s.lastIndexOf("/"))||"/","customize_parent")}),39955:((se,W,n)=>{n.d(W,{ax:e(()=>C,"ax"),dF:e(()=>B,"dF"),qj:e(()=>g,"qj")});var a=n(28338);const g="RECIPE_DIGEST";function B(E){return(0,a.qQ)("sha256",(0,a.dj)({...E,files:E.files.map(P)}))}e(B,"recipeDigest");function P(E){return E.origin!=="release"?E:{...E,content:E.content.replace(new RegExp(`^GOLDEN_${g}=.*
`,"m"),"")}}e(P,"withoutDigest");function C(E){const $=[...E.repositories].sort((v,I)=>v.id<I.id?-1:1);return(0,a.qQ)("sha256",(0,a.dj)({...E,repositories:$}))}e(C,"fingerprintOf")}),36120:((se,W,n)=>{n.d(W,{IB:e(()=>p,"IB"),MR:e(()=>_,"MR"),PM:e(()=>B,"PM"),V3:e(()=>g,"V3"),Vg:e(()=>I,"Vg"),YS:e(()=>$,"YS"),fh:e(()=>E,"fh"),gF:e(()=>P,"gF"),g_:e(()=>C,"g_"),t3:e(()=>v,"t3")});const a=e((m,l)=>({owner:"root",group:"root",mode:"0644",...l,origin:m}),"file"),g=e(m=>`/etc/pki/ca-trust/source/anchors/${m}.pem`,"anchorPath");function B(m){return m.map(({name:l,pem:i})=>a("certificates",{path:g(l),content:i}))}e(B,"certificateFiles");function P(m){return m.flatMap(l=>{const{armoured:i,file:y}=l.gpgKey,k=i?[a("repositories",{path:y,content:`${i.trim()}
`})]:[],h=a("repositories",{path:`/etc/yum.repos.d/${l.id}.repo`,content:C(l)});return[...k,h]})}e(P,"repositoryFiles");function C({id:m,name:l,baseurl:i,enabled:y,repoGpgcheck:k,gpgKey:h}){return`[${m}]
name=${l}
baseurl=${i}
enabled=${y?1:0}
gpgcheck=1
repo_gpgcheck=${k?1:0}
gpgkey=file://${h.file}
skip_if_unavailable=0
`}e(C,"repositoryText");function E(m){if(m.length===0)return[];const l=`# The image is made in an appliance that has none of the devices it will boot with.
hostonly="no"
hostonly_cmdline="no"
force_drivers+=" ${m.join(" ")} "
`;return[a("initramfs",{path:"/etc/dracut.conf.d/90-golden-image.conf",content:l})]}e(E,"initramfsFiles");function $(m){return Object.entries(m).map(([l,i])=>{const y=Object.entries(i).map(([k,h])=>`${k} = ${h}
`);return a("sysctls",{path:`/etc/sysctl.d/${l}.conf`,content:y.join("")})})}e($,"sysctlFiles");function v(m){if(m.length===0)return[];const l=m.map(i=>`${i}
`).join("");return[a("kernel-modules",{path:"/etc/modules-load.d/90-golden-image.conf",content:l})]}e(v,"kernelModuleFiles");function I({enable:m,disable:l,mask:i}){const y=[...m.map(k=>`enable ${k}
`),...[...l,...i].map(k=>`disable ${k}
`)];return y.length===0?[]:[a("services",{path:"/etc/systemd/system-preset/10-golden-image.preset",content:y.join("")})]}e(I,"presetFiles");function p(m){if(!m)return[];const l=e((i,y)=>a("firewall",{path:`/etc/sysconfig/${i}`,content:y,mode:"0600",selinuxType:"system_conf_t"}),"rules");return[l("iptables",m.ipv4),l("ip6tables",m.ipv6)]}e(p,"firewallFiles");function _(m,l){const i=Object.entries(l).map(([y,k])=>`GOLDEN_${y}="${k.replace(/(["\\$`])/g,"\\$1")}"
`);return a("release",{path:m,content:i.join("")})}e(_,"releaseFile")})};
