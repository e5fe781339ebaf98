var Re=Object.defineProperty;var e=(J,C)=>Re(J,"name",{value:C,configurable:!0});export const id=995,ids=[995],modules={59466:((J,C,t)=>{t.d(C,{a:e(()=>A,"a"),y:e(()=>$,"y")});var r=t(48161),u=t(76760),N=t(20329);function A(h,{runId:g,env:O}){if(h.builder!=="runner")return{};const _=e(b=>O[b]||O[b.toUpperCase()]||void 0,"own");return{runner:I(h["cache-folder"],{runId:g,env:O}),proxy:{http:h["http-proxy"]??_("http_proxy"),https:h["https-proxy"]??_("https_proxy"),no:h["no-proxy"]??_("no_proxy")}}}e(A,"bakedHere");function I(h,{runId:g,env:O}){const _=O.RUNNER_TOOL_CACHE;return{folder:$(g,O),cacheFolder:h??(_&&(0,u.join)(_,"rke2-actions","downloads")),environment:O}}e(I,"runnerPlace");function $(h,g){return(0,N.Xs)(g.RUNNER_TEMP??(0,r.tmpdir)(),h)}e($,"folderOf")}),75789:((J,C,t)=>{t.d(C,{PE:e(()=>Q,"PE"),e_:e(()=>se,"e_")});var r=t(45145),u=t(82588),N=t(36120),A=t(77030),I=t(38522),$=t(38815),h=t(76351);const g=1024*1024-1024;function O(L,F,z){const Y={ssh_pwauth:!1,...z.length>0&&{ssh_authorized_keys:z},write_files:L.map(K=>({path:K.name,permissions:K.mode,encoding:"gz+b64",content:m(K.content)})),runcmd:[F]};return`#cloud-config
${(0,$.As)(Y,{version:"1.1",lineWidth:0})}`}e(O,"renderUserData");function _(L){const{addresses:F,gateways:z,nameservers:Y}=L,K={dhcp4:!1,addresses:F,...z.length>0&&{routes:z.map(G=>({to:(0,A.isIPv6)(G)?"::/0":"0.0.0.0/0",via:G}))},...Y.length>0&&{nameservers:{addresses:Y}}},q={version:2,ethernets:{[L.interface??"eth0"]:K}};return(0,$.As)(q,{version:"1.1",lineWidth:0})}e(_,"renderNetworkData");function b(L,F){const z=L.reduce((K,q)=>K+Buffer.byteLength(q),0);if(z<=g)return;const Y=F.map(({name:K,content:q})=>({name:K,bytes:m(q).length})).sort((K,q)=>q.bytes-K.bytes).slice(0,5);throw new r.yo("BUILDER_TOO_LARGE",`The builder's cloud-init data has ${(0,h.z)(z)}; a Kubernetes Secret holds ${(0,h.z)(g)}.`,{mend:'Let the builder fetch large content: list it under "downloads" of the recipe, with its sha256.',evidence:Y.map(({name:K,bytes:q})=>`${K}: ${(0,h.z)(q)} compressed`)})}e(b,"assertFits");function m(L){return(0,I.gzipSync)(L,{level:9}).toString("base64")}e(m,"packed");function l(L){return L.raw[0].replace(/\\(`|\$\{)/g,"$1")}e(l,"script");const E=l`# shellcheck shell=bash disable=SC2034
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
`,f=l`#!/bin/bash
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
`,c=l`# shellcheck shell=bash disable=SC2034
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
`,a=l`"""Reads the verbose output of virt-customize on stdin and says what matters of it: a step mark for each command, the
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
`,p=l`# shellcheck shell=bash disable=SC2034
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
`,w=l`# shellcheck shell=bash disable=SC2034
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
`,R=l`# shellcheck shell=bash disable=SC2034
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
`,Z=l`# shellcheck shell=bash
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
`,y=l`# shellcheck shell=bash
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
`,D=l`"""The one writer of the console: copies stdin, line by line, to the serial console and the log, takes secrets out, and
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
`,B=l`# shellcheck shell=bash
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
`,M=l`"""Serves three files under a secret path, to whoever knows it: golden.qcow2, status.json and log below /<token>/. HEAD, byte
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
`;var U=t(48790);const j="/var/lib/rke2-actions/bake",ee=Object.entries({"bake.sh":f,"marks.sh":R,"prepare.sh":Z,"download.sh":p,"accelerate.sh":E,"customize.sh":c,"compress.sh":k,"probe.sh":y,"hash.sh":w,"serve.sh":B,"relay.py":D,"customize-log.py":a,"server.py":M}).map(([L,F])=>({name:`bin/${L}`,content:F,mode:"0700"}));function Q(L){return ue(L),te(L)}e(Q,"bakeFiles");function se(L){const F=Q(L).map(K=>({...K,name:`${j}/${K.name}`})),z=O(F,["bash",`${j}/bin/bake.sh`],L.sshAuthorizedKeys),Y=L.staticNetwork&&_(L.staticNetwork);return b([z,Y??""],F),{userData:z,...Y&&{networkData:Y},scripts:ee,files:F}}e(se,"renderBuilder");function te(L){const{recipe:F,customize:z,probe:Y}=L,K=e((G,H)=>({name:G,content:H,mode:"0600"}),"plain"),q=[...z.files,...Y.files];return[...ee,K("settings.env",(0,U.cD)(L)),K("token",`${L.token}
`),K("secrets",(0,U.Fj)(L).map(G=>`${G}
`).join("")),K("commands",z.commands),K("steps.tsv",z.steps.map(({id:G,title:H})=>fe(G,H)).join("")),K("downloads.tsv",F.downloads.map(G=>fe(G.sha256,(0,u.ZF)(G),G.path,G.url)).join("")),...(F.toolRepositories??[]).flatMap(he),...F.certificates.map(({name:G,pem:H})=>K(`ca/${G}.crt`,`${H.trim()}
`)),...q.map(G=>({...G,name:`stage/${G.name}`}))]}e(te,"filesOf");function he(L){const{id:F,gpgKey:z}=L,Y=`repos/${F}.key`,K=z.armoured===void 0?z:{...z,file:`${j}/${Y}`},q=(0,N.g_)({...L,enabled:!0,gpgKey:K});return[{name:`repos/${F}.repo`,content:q,mode:"0644"},...z.armoured===void 0?[]:[{name:Y,content:`${z.armoured.trim()}
`,mode:"0644"}]]}e(he,"toolRepository");function fe(...L){return`${L.map(F=>F.replace(/[\t\r\n]+/g," ")).join("	")}
`}e(fe,"row");function ue(L){const{customize:F,probe:z,recipe:Y}=L,K=[...F.files,...z.files].map(({name:H})=>H),q=F.commands.split(`
`).filter(H=>H!==""),G=[!/^[\w-]{16,}$/.test(L.token)&&'the token must be 16 or more letters, digits, "_" or "-"',!/^[0-9a-f]{64}$/.test(L.base.sha256)&&`the base's sha256 is "${L.base.sha256}"`,!Number.isInteger(L.port)&&`the port is ${L.port}`,q.length!==F.steps.length&&`${q.length} commands do not match ${F.steps.length} steps`,!K.includes(z.entry)&&`the probe's entry "${z.entry}" is none of its files`,...K.filter((H,ae)=>K.indexOf(H)!==ae).map(H=>`"${H}" is staged twice`),...K.filter(H=>!ie(H)).map(H=>`"${H}" lies outside of the stage`),...Y.certificates.filter(({name:H})=>!/^[\w][\w.-]*$/.test(H)).map(({name:H})=>`the certificate name "${H}" is no file name`)].filter(H=>H!==!1);if(G.length>0)throw new r.Gd("BUILDER_INPUT",`The builder cannot be rendered: ${G.join("; ")}.`)}e(ue,"assertInput");function ie(L){return L!==""&&!L.startsWith("/")&&!L.split("/").includes("..")}e(ie,"isBelow")}),99676:((J,C,t)=>{t.d(C,{X:e(()=>Oe,"X"),x:e(()=>ke,"x")});var r=t(51455),u=t(76760),N=t(57075),A=t(42030),I=t(15902),$=t(45145),h=t(92029);const g="RKE2_ACTIONS_MARK",O=25,_=2e3;async function b(n){const i=(await(0,r.readdir)("/proc").catch(()=>[])).filter(S=>/^\d+$/.test(S)),d=await Promise.all(i.map(S=>(0,r.readFile)(`/proc/${S}/environ`,"utf8").catch(()=>""))),T=e(S=>d[S].split("\0").includes(`${g}=${n}`),"carries");return i.filter((S,x)=>T(x)).map(Number)}e(b,"markedProcesses");async function m(n,{grace:o,clock:i=A.ml}){const d=new Set;return(await l(n,{limit:o,clock:i},S=>{d.has(S)||E(S,"SIGTERM"),d.add(S)})).length===0?[]:l(n,{limit:_,clock:i},S=>E(S,"SIGKILL"))}e(m,"endMarked");async function l(n,{limit:o,clock:i},d){const T=i.monotonic()+o;for(;;){const S=await b(n);if(S.length===0||i.monotonic()>=T)return S;for(const x of S)d(x);await i.sleep(O)}}e(l,"goneWithin");function E(n,o){try{process.kill(n,o)}catch{}}e(E,"signalTo");var f=t(82588),k=t(75789),c=t(73024),a=t(46466),p=t(28338),w=t(15230),R=t(76351),Z=t(31666),y=t(48161);const D=["/usr/local/sbin","/usr/local/bin","/usr/sbin","/usr/bin","/sbin","/bin"],B=1800*1024**2,M={bash:["bash","bash"],python3:["python3","python3"],"qemu-img":["qemu-utils","qemu-img"],guestfish:["libguestfs-tools","libguestfs"],"virt-customize":["guestfs-tools","guestfs-tools"],"virt-sparsify":["guestfs-tools","guestfs-tools"]},U=[{folder:"/boot",name:/^vmlinu[xz]/},{folder:"/lib/modules",name:/\d/}];async function j(n=D){const o=Object.keys(M),i=await Promise.all(o.map(d=>ee(d,n)));return{platform:process.platform,missing:o.filter((d,T)=>!i[T]),kernel:await Q(),memory:(0,y.totalmem)()}}e(j,"thisMachine");async function ee(n,o){return(await Promise.all(o.map(d=>se(c.constants.X_OK,(0,u.join)(d,n))))).includes(!0)}e(ee,"isInstalled");async function Q(){for(const{folder:n,name:o}of U){const i=(await(0,r.readdir)(n).catch(()=>[])).filter(T=>o.test(T)),d=n==="/boot"?i:i.map(T=>(0,u.join)(T,"vmlinuz"));for(const T of d)if(await se(c.constants.R_OK,(0,u.join)(n,T)))return!0}return!1}e(Q,"hasKernel");function se(n,o){return(0,r.access)(o,n).then(()=>!0,()=>!1)}e(se,"may");function te({platform:n,missing:o,kernel:i,memory:d}){const T=[...n==="linux"?[]:[`its system is ${n}, libguestfs needs Linux`],...o.length>0?[`it lacks ${o.join(", ")}`]:[],...i?[]:["it has no kernel that this user may read"],...d>=B?[]:[`it has ${(0,R.z)(d)} of memory, a bake needs 2 GiB`]];if(T.length!==0)throw new $.yo("RUNNER_NOT_EQUIPPED",`This runner cannot bake: ${T.join("; ")}.`,{mend:fe(o,i),evidence:o.map(he)})}e(te,"requireEquipped");function he(n){const[o,i]=M[n];return`${n}: package ${o} on Debian and Ubuntu, ${i} on Rocky Linux`}e(he,"toolLine");function fe(n,o){const i=e(x=>[...new Set(n.map(X=>M[X][x]))].join(" "),"packages"),d=`Install them: "apt-get install ${i(0)} libguestfs-xfs", or "dnf install ${i(1)} libguestfs-xfs".`;return[...[...n.length>0?[d]:[],...o?[]:["Install a kernel package, and let the user of the runner read it: chmod 0644 /boot/vmlinuz-*."]],"Or bake inside Harvester, with builder: vm."].join(" ")}e(fe,"mendOf");async function ue(n,o){const i=new Map;for(const{folder:d,bytes:T}of n){const{dev:S}=await(0,r.stat)(d),x=i.get(S);i.set(S,{folder:x?.folder??d,bytes:T+(x?.bytes??0)})}for(const{folder:d,bytes:T}of i.values()){const{bavail:S,bsize:x}=await(0,r.statfs)(d);if(S*x>=T)continue;const X=(0,R.z)(S*x);throw ie(`${o}: ${X} free below ${d}, ${(0,R.z)(T)} needed`)}}e(ue,"requireSpace");function ie(n,o){return new $.yo("RUNNER_DISK_FULL",`The runner has not enough space to ${n}.`,{mend:"Free space, or give the runner's temporary folder a larger disk.",...o!==void 0&&{cause:o}})}e(ie,"diskFull");const L=2e3,F=new Set([408,425,429,500,502,503,504]),z="514649fb";async function Y(n,o,i){const{cacheFolder:d}=i;if(!d)return q(n,o,i);const T=(0,u.join)(d,`${n.sha256}${n.qcow2?".qcow2":""}`);if(!await K(T,n,i)){await(0,r.mkdir)(d,{recursive:!0});const S=`${T}.${process.pid}.part`;try{await q(n,S,i),await(0,r.rename)(S,T)}finally{await(0,r.rm)(S,{force:!0})}}await(0,r.copyFile)(T,o,c.constants.COPYFILE_FICLONE)}e(Y,"fetchLocked");async function K(n,o,i){const d=await(0,r.stat)(n).catch(()=>{});return d?await(0,p.DC)("sha256",n,i.signal)!==o.sha256?(i.log.warning(`${o.title} was kept in ${n}, but damaged: it is downloaded anew`),await(0,r.rm)(n),!1):(await i.room(d.size,!0),i.log.info(`${o.title}: kept from an earlier run, ${(0,R.z)(d.size)}, sha256 checked`),!0):!1}e(K,"isIntact");async function q(n,o,i){const{title:d,url:T,sha256:S,qcow2:x}=n,{log:X,clock:ne,signal:oe}=i;X.info(`downloading ${d} from ${(0,w.B)(T)}`),await(0,Z.L)(()=>ae(n,o,i),{doing:`downloading ${d}`,firstDelay:L,retryable:H,clock:ne,log:X,signal:oe}).catch(re=>{throw re.code==="ENOSPC"?ie(`download ${d}`,re):re instanceof G?P(d,re.message,re):re}),x&&await s(n,o);const{size:ce}=await(0,r.stat)(o),de=await(0,p.DC)("sha256",o,oe);if(de!==S)throw v(n,de,ce);X.info(`${d}: ${(0,R.z)(ce)}, sha256 ${de}`)}e(q,"download");class G extends Error{static{e(this,"Unanswered")}}function H(n){return n instanceof G?!0:n instanceof $.eG&&/^HTTP_(REFUSED|UNREACHABLE|TIMEOUT|RESET|FAILED|DNS)$/.test(n.code)}e(H,"isTransient");async function ae(n,o,i){const d=(await(0,r.stat)(o).catch(()=>{}))?.size??0,{http:T,signal:S}=i,x=d>0?{range:`bytes=${d}-`}:{},X=await T.request(n.url,{headers:x,signal:S});try{const ne=X.status===206&&d>0;!ne&&X.status!==200&&await me(X,n,o);const oe=ne?d:0,ce=Number(X.headers["content-length"]??Number.NaN)+oe;oe===0&&ce>0&&await i.room(ce,!1),await(0,a.pipeline)(X.body,pe(oe,de=>i.progress($e(n.title,de,ce))),(0,c.createWriteStream)(o,{flags:ne?"a":"w",mode:384}),{signal:S})}finally{X.body.destroy()}}e(ae,"receive");async function me(n,{title:o},i){const d=`the server answered ${n.status} for ${(0,w.B)(n.url)}`;if(n.status===416)await(0,r.rm)(i,{force:!0});else if(!F.has(n.status))throw P(o,d);throw new G(d)}e(me,"refuse");function pe(n,o){return e(async function*(d){let T=n;for await(const S of d)T+=S.length,o(T),yield S},"count")}e(pe,"counted");function $e(n,o,i){return`downloading ${n}: ${(0,R.z)(o)}${i>0?` of ${(0,R.z)(i)}`:""}`}e($e,"progressText");async function s({title:n,url:o},i){let d=Buffer.alloc(0);for await(const x of(0,c.createReadStream)(i,{end:79}))d=Buffer.concat([d,x]);if(d.subarray(0,4).toString("hex")===z)return;const T=d.toString("latin1").replace(/[^\x20-\x7e]+/g," "),S=d[0]===60?"a web page":"something else";throw new $.eG("DOWNLOAD_NO_IMAGE",`Downloading ${n}: ${(0,w.B)(o)} gave ${S}, not a qcow2 image. It begins with: ${T}`,{mend:"Correct base.url of the recipe; the image must not be compressed as a file."})}e(s,"requireQcow2");function v({title:n,url:o,sha256:i},d,T){return new $.eG("DOWNLOAD_CHECKSUM",`The sha256 of ${n} is ${d}, expected was ${i} (${T} bytes from ${(0,w.B)(o)}).`,{mend:"A mirror may lag behind, or the file was replaced: compare with the checksum its maker publishes."})}e(v,"otherBytes");function P(n,o,i){return new $.eG("DOWNLOAD_FAILED",`Downloading ${n} failed: ${o}.`,{mend:"Check the URL in the recipe, and that the runner can reach it.",...i!==void 0&&{cause:i}})}e(P,"failed");async function W(n){const o=await Promise.all(n.map(V));return[...new Set(o.flat())]}e(W,"guestfsSockets");async function V(n){const o=await(0,r.readdir)(`/proc/${n}/fd`).catch(()=>[]),i=await Promise.all(o.map(x=>(0,r.readlink)(`/proc/${n}/fd/${x}`).catch(()=>""))),d=new Set(i.flatMap(x=>/^socket:\[(\d+)\]$/.exec(x)?.[1]??[]));return(await(0,r.readFile)(`/proc/${n}/net/unix`,"utf8").catch(()=>"")).split(`
`).map(x=>x.trim().split(/\s+/)).flatMap(([,,,,,,x,X])=>x&&X&&d.has(x)&&le((0,u.dirname)(X))?[X]:[])}e(V,"socketsOf");function le(n){return/^(libguestfs\w{6}|\.guestfish-\d+)$/.test((0,u.basename)(n))}e(le,"isGuestfs");async function Ee(n){for(const o of n)await(0,r.rm)(o,{force:!0}),(0,u.basename)((0,u.dirname)(o)).startsWith("libguestfs")&&await(0,r.rmdir)((0,u.dirname)(o)).catch(()=>{})}e(Ee,"removeSockets");var ge=t(48790);const we=["accelerate","customize","compress","probe","hash"],be=1500,ve=/^(LIBGUESTFS|SUPERMIN)_/;class Oe{static{e(this,"LocalBake")}#e;constructor(o){this.#e=o}get image(){return(0,u.join)(this.#e.folder,"work","golden.qcow2")}async prepare(o){const{folder:i,machine:d}=this.#e;te(d??await j()),await Te(i),await ue([{folder:i,bytes:ge.yF}],"begin a bake"),await this.#s(),await this.#n(o)}async*lines(o){const{folder:i}=this.#e;(0,A.Te)(o);const d=new N.Readable({objectMode:!0,read(){}}),T=(0,h.d1)("bash",["--norc",(0,u.join)(i,"bin","bake.sh"),...we],{cwd:i,env:this.#t(),onLine:e(x=>d.push(x),"onLine")}).then(()=>d.push(null),x=>d.destroy(x)),S=e(()=>d.destroy((0,A.Js)(o)),"onAbort");o.addEventListener("abort",S,{once:!0});try{yield*d}finally{o.removeEventListener("abort",S),await _e(i),await T}}#t(){const{environment:o,folder:i}=this.#e,d=Object.entries(o).filter(T=>ve.test(T[0])&&T[1]!==void 0);return{...Object.fromEntries(d),RKE2A_CONSOLE:"-",RKE2A_LOG:"",RKE2A_HOME:i,[g]:i}}async#s(){const{folder:o,input:i}=this.#e;for(const{name:d,content:T,mode:S}of(0,k.PE)(i)){const x=(0,u.join)(o,d);await(0,r.mkdir)((0,u.dirname)(x),{recursive:!0}),await(0,r.writeFile)(x,T),await(0,r.chmod)(x,Number.parseInt(S,8))}await(0,r.mkdir)((0,u.join)(o,"work"),{recursive:!0})}async#n(o){const{download:i}=this.#e.input.limits,d=(0,A.Bv)(o.clock,i,o.signal,()=>ye(i));try{await this.#o({...o,signal:d.signal})}finally{d.clear()}}async#o(o){const{folder:i,input:d,cacheFolder:T}=this.#e,{base:S,recipe:x}=d,X=[[{title:"the base image",...S,qcow2:!0},(0,u.join)(i,"work","base.qcow2")],...x.downloads.map(ne=>[{title:ne.path,url:ne.url,sha256:ne.sha256,qcow2:!1},(0,u.join)(i,"stage",(0,f.ZF)(ne))])];for(const[ne,oe]of X)await(0,r.mkdir)((0,u.dirname)(oe),{recursive:!0}),await Y(ne,oe,{...o,cacheFolder:T,room:e((de,re)=>this.#a(ne,de,re),"room")})}#a({title:o,qcow2:i},d,T){const{folder:S,cacheFolder:x}=this.#e,X=[{folder:S,bytes:i?3*d+ge.yF:d},...x&&!T?[{folder:x,bytes:d}]:[]];return ue(X,`download ${o} and change it`)}}function ye(n){return new $.eG("DOWNLOAD_TIMEOUT",`The downloads took longer than ${(0,I.a)(n)}.`,{mend:"Use a nearer mirror, or raise download-timeout."})}e(ye,"tooSlow");async function Te(n){await(0,r.mkdir)((0,u.dirname)(n),{recursive:!0}),await(0,r.mkdir)(n,{mode:448}).catch(o=>{throw o.code!=="EEXIST"?o:new $.yo("BAKE_FOLDER_EXISTS",`${n} is there already: another build of this run bakes in it.`,{mend:"Let one build end before the next one of the same run begins.",cause:o})})}e(Te,"makePrivateFolder");async function ke(n,o){const i=await _e(n);i.length>0&&o.warning(`still running: processes ${i.join(", ")} of the bake in ${n}`);const d=await(0,r.stat)(n).catch(()=>{});return await(0,r.rm)(n,{recursive:!0,force:!0}),d!==void 0}e(ke,"removeLocalBake");async function _e(n){const o=await W(await b(n)),i=await m(n,{grace:be});return await Ee(o),i}e(_e,"endProcesses")}),48790:((J,C,t)=>{t.d(C,{yF:e(()=>g,"yF"),cD:e(()=>b,"cD"),Fj:e(()=>E,"Fj")});var r=t(92029);const u=6e4,N={download:20*u,customize:20*u,probe:5*u,compress:10*u},A={prepare:15*u,accelerate:5*u,hash:10*u,serve:2*u},I=new Set(["customize","probe","compress"]);function $(c,a,p){const w=a==="tcg"?Math.max(1,p):1,R={...A,...c},Z=Object.entries(R).map(([y,D])=>[y,I.has(y)?Math.round(D*w):D]);return Object.fromEntries(Z)}e($,"phaseLimits");function h(c,a,p){return Object.values($(c,a,p)).reduce((w,R)=>w+R,0)}e(h,"totalLimit");const g=2*1024**3,O=10,_=2;function b(c){const a={RUN_ID:c.runId,RECIPE:c.recipe.name,BASE_URL:c.base.url,BASE_SHA256:c.base.sha256,PORT:c.port,VIRTUAL_SIZE:c.recipe.virtualSize??0,AIR_GAPPED:c.recipe.airGapped?"yes":"no",COMPRESS:c.compress?"yes":"no",PROBE:c.probe.entry,MINIMUM_FREE:g,KVM_SILENCE:O,DOWNLOAD_PAUSE:_,...m(c,"kvm"),...m(c,"tcg")};return[...Object.entries(a).map(([w,R])=>`${w}=${(0,r.ZL)(String(R))}`),...l(c.proxy),""].join(`
`)}e(b,"renderSettings");function m(c,a){const p=$(c.limits,a,c.emulationFactor);return Object.fromEntries(Object.entries(p).map(([w,R])=>[`LIMIT_${w.toUpperCase()}_${a.toUpperCase()}`,Math.ceil(R/1e3)]))}e(m,"limitSettings");function l(c){const a={http_proxy:c?.http,https_proxy:c?.https,no_proxy:c?.no};return Object.entries(a).filter(([,p])=>p!==void 0&&p!=="").map(([p,w])=>`export ${p}=${(0,r.ZL)(w)}`)}e(l,"proxySettings");function E(c){const p=[c.proxy?.http,c.proxy?.https,c.base.url,...c.recipe.downloads.map(({url:w})=>w)].flatMap(w=>w&&URL.canParse(w)?f(new URL(w)):[]);return[...new Set([c.token,...p])]}e(E,"secretsOf");function f(c){const{username:a,password:p,search:w}=c;return[`${a}:${p}`,p,k(p),w.slice(1)].filter(R=>R.length>=4)}e(f,"credentialsOf");function k(c){try{return decodeURIComponent(c).replaceAll(`
`,"")}catch{return c}}e(k,"decode")}),28338:((J,C,t)=>{t.d(C,{DC:e(()=>$,"DC"),dj:e(()=>g,"dj"),qQ:e(()=>I,"qQ")});var r=t(77598),u=t(73024),N=t(57075),A=t(46466);function I(O,_){return(0,r.createHash)(O).update(_).digest("hex")}e(I,"hashOf");async function $(O,_,b){const m=(0,r.createHash)(O);return await(0,A.pipeline)((0,u.createReadStream)(_),m,{signal:b}),m.digest("hex")}e($,"hashFile");function h(O){const _=createHash(O);let b=0;return{stream:new Transform({transform(l,E,f){b+=l.length,_.update(l),f(null,l)}}),result:e(()=>({bytes:b,hex:_.copy().digest("hex")}),"result")}}e(h,"meter");function g(O){return JSON.stringify(O,(_,b)=>b&&typeof b=="object"&&!Array.isArray(b)?Object.fromEntries(Object.entries(b).sort(([m],[l])=>m<l?-1:m>l?1:0)):b)}e(g,"canonicalJson")}),69970:((J,C,t)=>{t.d(C,{O0:e(()=>I,"O0"),cP:e(()=>$,"cP"),f$:e(()=>A,"f$")});var r=t(45145),u=t(16089);const N=/^(authorization|cookie|proxy-authorization)$|(^|-)(token|secret|key|password)$/;function A(h){const g=URL.canParse(h)?new URL(h):void 0;if(g&&/^https?:$/.test(g.protocol))return g;throw new r.yo("HTTP_URL",`"${(0,u.B)(h)}" is not an http or https URL.`,{mend:"Give a URL such as https://mirror.example.com/path."})}e(A,"parseHttpUrl");function I(h){const g=Object.entries(h.headers??{}).map(([O,_])=>[O.toLowerCase(),_]);return{...h,headers:Object.fromEntries(g)}}e(I,"withLowerCaseHeaders");function $(h,g,O){const{body:_,headers:b={},...m}=h,l=h.method??"GET",E=g===303?l!=="HEAD":g<303&&l==="POST",f=O.to.origin!==O.from.origin,k=e(p=>f&&N.test(p)||E&&p.startsWith("content-"),"dropped"),c=Object.entries(b).filter(([p])=>!k(p)),a={...m,headers:Object.fromEntries(c)};if(E)return{...a,method:"GET"};if(_===void 0)return a;if(typeof _=="string"||_ instanceof Uint8Array)return{...a,body:_};throw new r.eG("HTTP_REDIRECTS",`${(0,u.B)(O.from)} redirects a ${l} whose body is a stream.`,{mend:`Send it to ${(0,u.B)(O.to)} directly.`})}e($,"redirected")}),15230:((J,C,t)=>{t.d(C,{B:e(()=>g.B,"B"),V:e(()=>E,"V")});var r=t(57075),u=t(42030),N=t(45145),A=t(69970),I=t(92781),$=t(13464),h=t(74334),g=t(16089);const O=4<<20,_=3e4,b=1e4,m=5,l=new Set([301,302,303,307,308]);function E(y={}){const D=new Map,B=e(U=>{const j=D.get(U)??f(U,y.ca??[]);return D.set(U,j),j},"agentFor"),M=e(async(U,j)=>{const ee=(0,$.i)(U,y.env??{});return{url:U,request:j,proxy:ee,agent:await B(ee)}},"hop");return{request:e(async(U,j={})=>k(M,(0,A.f$)(U),(0,A.O0)(j)),"request"),close:e(async()=>{for(const U of D.values())await U.then(j=>j.destroy(),()=>{})},"close")}}e(E,"createHttp");async function f(y,D){const B=(0,h.K)(D),{Agent:M,ProxyAgent:U}=await t.e(752).then(t.t.bind(t,24371,19)),j={...B&&{secureContext:B},autoSelectFamily:!0};return y?new U({uri:y,requestTls:j,proxyTls:j,connectTimeout:b}):new M({connect:{...j,timeout:b}})}e(f,"makeAgent");async function k(y,D,B){const M=B.redirects??m;let[U,j]=[D,B];for(let ee=0;;ee++){const Q=await a(await y(U,j)),{location:se}=Q.headers;if(M===0||!se||!l.has(Q.status))return Q;if(Q.body.destroy(),ee===M)throw c(D,`redirects more than ${M} times`);const te=URL.canParse(se,U.href)?new URL(se,U):void 0;if(!te||!/^https?:$/.test(te.protocol))throw c(U,"redirects to what is no http URL");j=(0,A.cP)(j,Q.status,{from:U,to:te}),U=te}}e(k,"follow");function c(y,D){return new N.eG("HTTP_REDIRECTS",`${(0,g.B)(y)} ${D}.`,{mend:"Give the URL that the server finally leads to, or mend the server."})}e(c,"badRedirect");async function a({url:y,request:D,proxy:B,agent:M}){const{signal:U,timeout:j=_}=D,ee=e(Q=>U?.aborted?(0,u.Js)(U):(0,I.x)(Q,y,B),"explained");(0,u.Te)(U);try{const Q=await M.request({origin:y.origin,path:y.pathname+y.search,method:D.method??"GET",headers:{...p(y),...D.headers},body:D.body??null,signal:U??null,headersTimeout:j,bodyTimeout:j}),se=R(Q.body,ee);return{status:Q.statusCode,headers:w(Q.headers),url:y.href,body:se,text:e((te=O)=>Z(se,y,te),"text")}}catch(Q){throw ee(Q)}}e(a,"send");function p(y){if(!y.username)return{};const D=`${decodeURIComponent(y.username)}:${decodeURIComponent(y.password)}`;return{authorization:`Basic ${Buffer.from(D).toString("base64")}`}}e(p,"basicAuth");function w(y){const D=e(([B,M])=>[B,[M??""].flat().join(", ")],"joined");return Object.fromEntries(Object.entries(y).map(D))}e(w,"flatHeaders");function R(y,D){const B=new r.PassThrough;y.once("error",M=>B.destroy(D(M))),B.once("close",()=>y.destroy());for(const M of[y,B])M.on("error",()=>{});return y.pipe(B)}e(R,"withExplanation");async function Z(y,D,B){const M=[];let U=0;for await(const j of y){if(U+=j.length,U>B)throw new N.eG("HTTP_TOO_LARGE",`${(0,g.B)(D)} sent more than ${B} bytes.`,{mend:"Check that the URL leads to what is expected there, not to an error page or an image."});M.push(j)}return Buffer.concat(M).toString("utf8")}e(Z,"readText")}),92029:((J,C,t)=>{t.d(C,{ZL:e(()=>E,"ZL"),d1:e(()=>h,"d1")});var r=t(31421),u=t(73024),N=t(48161),A=t(80481),I=t(42030),$=t(45145);async function h(f,k,c={}){const{signal:a,onLine:p,keep:w=1<<20}=c;(0,I.Te)(a);const R=(0,r.spawn)(f,k,{cwd:c.cwd,env:c.env,stdio:["pipe","pipe","pipe"],detached:process.platform!=="win32"}),Z=new AbortController,y=e(()=>{g(R,c.grace??2e3,Z.signal)},"onAbort");a?.addEventListener("abort",y,{once:!0});const D=O(R.stdout,w),B=O(R.stderr,w);p&&((0,A.createInterface)({input:R.stdout}).on("line",M=>p(M,"stdout")),(0,A.createInterface)({input:R.stderr}).on("line",M=>p(M,"stderr"))),R.stdin.on("error",()=>{}),R.stdin.end(c.input??"");try{const M=await _(R,f,c.cwd);return(0,I.Te)(a),{exitCode:M,stdout:D(),stderr:B()}}finally{Z.abort(),a?.removeEventListener("abort",y)}}e(h,"runCommand");async function g(f,k,c){const a=e(p=>{try{f.pid&&process.kill(process.platform==="win32"?f.pid:-f.pid,p)}catch{}},"kill");a("SIGTERM"),await I.ml.sleep(k,c).then(()=>a("SIGKILL"),()=>{})}e(g,"stopGroup");function O(f,k){const c=[];let a=0;return f.on("data",p=>{for(c.push(p),a+=p.length;c.length>1&&a-c[0].length>=k;)a-=c.shift().length}),()=>Buffer.concat(c).subarray(-k).toString("utf8")}e(O,"keptEnd");function _(f,k,c){return new Promise((a,p)=>{f.once("error",w=>p(b(w,k,c))),f.once("close",(w,R)=>a(w??128+(R?N.constants.signals[R]:0)))})}e(_,"exitCodeOf");function b(f,k,c){if(f.code==="ENOENT"&&c!==void 0&&!(0,u.existsSync)(c)){const a=`The command "${k}" cannot run in ${c}: there is no such folder.`;return new $.eG("COMMAND_NOT_STARTED",a,{cause:f})}return f.code==="ENOENT"?new $.eG("COMMAND_NOT_FOUND",`The command "${k}" is not installed.`,{cause:f}):new $.eG("COMMAND_NOT_STARTED",`The command "${k}" could not be started.`,{cause:f})}e(b,"notStarted");async function m(f,k,c={}){const a=await h(f,k,c);if(a.exitCode!==0){const p=`${a.stdout}
${a.stderr}`.trim().split(`
`).slice(-20);throw new EnvironmentError("COMMAND_FAILED",`${l(f,k)} exited with ${a.exitCode}.`,{evidence:p})}return a}e(m,"mustRun");function l(f,k){return[f,...k].map(E).join(" ")}e(l,"shellLine");function E(f){return/^[\w@%+=:,./-]+$/.test(f)?f:`'${f.replaceAll("'","'\\''")}'`}e(E,"shellQuote")}),13464:((J,C,t)=>{t.d(C,{i:e(()=>A,"i")});var r=t(77030),u=t(45145),N=t(16089);function A(_,b){const m=e(f=>b[f]||b[f.toUpperCase()]||void 0,"read"),l=m(_.protocol==="https:"?"https_proxy":"http_proxy");if(!l||g(_.hostname)||I(_,m("no_proxy")??""))return;const E=l.includes("://")?l:`http://${l}`;if(URL.canParse(E)&&/^https?:$/.test(new URL(E).protocol))return E;throw new u.yo("PROXY_INVALID",`The proxy "${(0,N.B)(E)}" is not an http or https URL.`,{mend:"Set http_proxy and https_proxy to URLs such as http://proxy.example.com:3128."})}e(A,"proxyFor");function I(_,b){const m=O(_.hostname),l=_.port||(_.protocol==="https:"?"443":"80");return b.split(/[\s,]+/).map(E=>E.toLowerCase()).filter(Boolean).some(E=>$(E,m,l))}e(I,"bypassed");function $(_,b,m){if(_==="*")return!0;if(_.includes("/"))return h(_,b);const[,l,E]=/^(\[[^\]]+\]|[^:]*(?::[^:]*:.*)?)(?::(\d+))?$/.exec(_)??[];if(l===void 0||E&&E!==m)return!1;const f=O(l).replace(/^\*?\./,"");return b===f||(0,r.isIP)(b)===0&&b.endsWith(`.${f}`)}e($,"matches");function h(_,b){const[m="",l=""]=_.split("/"),E=(0,r.isIP)(b);if(E===0||(0,r.isIP)(m)!==E||!/^\d+$/.test(l)||Number(l)>(E===4?32:128))return!1;const f=new r.BlockList,k=E===4?"ipv4":"ipv6";return f.addSubnet(m,Number(l),k),f.check(b,k)}e(h,"inBlock");function g(_){const b=O(_);return b==="localhost"||b.endsWith(".localhost")||b==="::1"||/^127\./.test(b)}e(g,"isLoopback");function O(_){return _.toLowerCase().replace(/^\[|\]$/g,"").replace(/\.$/,"")}e(O,"bare")}),31666:((J,C,t)=>{t.d(C,{L:e(()=>A,"L"),m:e(()=>I,"m")});var r=t(42030),u=t(15902),N=t(45145);async function A($,h){const{attempts:g=5,firstDelay:O=500,longestDelay:_=15e3,longestRetryAfter:b=6e4}=h,m=h.random??Math.random;for(let l=1;;l++){(0,r.Te)(h.signal);try{return await $(l)}catch(E){if((0,r.Te)(h.signal),l>=g||!h.retryable(E))throw E;const f=h.retryAfter?.(E);if(f!==void 0&&f>b)throw E;const k=Math.min(_,O*2**(l-1)),c=f??k*(.5+m()/2);h.log.info(`${h.doing}: attempt ${l} of ${g} failed: ${(0,N.bD)(E)}; next in ${(0,u.a)(c)}`),await h.clock.sleep(c,h.signal)}}}e(A,"retry");function I($,h){if(!$)return;if(/^\d+$/.test($.trim()))return Number($)*1e3;const g=/[A-Za-z]/.test($)?Date.parse($):Number.NaN;return Number.isNaN(g)?void 0:Math.max(0,g-h.now())}e(I,"parseRetryAfter")}),74334:((J,C,t)=>{t.d(C,{K:e(()=>h,"K"),Z:e(()=>I,"Z")});var r=t(77598),u=t(41692),N=t(45145);const A=/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;function I(g){const O=g.match(A)??[],_=O.findIndex(m=>!$(m));if(O.length>0&&_<0)return O;const b=O.length===0?"holds no certificate":`is broken at certificate ${_+1}`;throw new N.yo("CA_INVALID",`The CA bundle ${b}.`,{mend:"Give PEM text: -----BEGIN CERTIFICATE-----, base64 lines, -----END CERTIFICATE-----."})}e(I,"splitPem");function $(g){try{return new r.X509Certificate(g),!0}catch{return!1}}e($,"isCertificate");function h(g){if(g.length!==0)return u.createSecureContext({ca:[...u.getCACertificates("default"),...g.flatMap(I)]})}e(h,"trustContext")}),16089:((J,C,t)=>{t.d(C,{B:e(()=>r,"B")});function r(u){const N=String(u);if(!URL.canParse(N)||!N.includes("://"))return N.replace(/^.*@/,"\u2026").replace(/[?#].*$/,"");const{protocol:A,host:I,pathname:$}=new URL(N);return`${A}//${I}${$}`}e(r,"redactUrl")}),67468:((J,C,t)=>{t.d(C,{n:e(()=>N,"n")});var r=t(52041),u=t(20329);async function N(A){const{secret:I,claim:$}=(0,u.kH)(A.runId),h=await(0,r.s2)({...A,known:{secrets:[I],claims:[$]}});for(const g of h.removed)A.log.info(`removed ${g}`);for(const{what:g,why:O}of h.left)A.log.warning(`still there: ${g}: ${O}`);return h.removed.length===0&&h.left.length===0&&A.log.info("nothing was left to remove"),h}e(N,"cleanUp")}),20329:((J,C,t)=>{t.d(C,{HN:e(()=>c,"HN"),Xs:e(()=>E,"Xs"),d5:e(()=>b,"d5"),dR:e(()=>g,"dR"),kH:e(()=>l,"kH")});var r=t(76760),u=t(42030),N=t(15902),A=t(45145),I=t(28338),$=t(39955),h=t(18085);const g={fingerprint:2*6e4,provision:30*6e4,bake:180*6e4,proof:6e4,handOver:5*6e4,import:30*6e4,report:6e4,cleanup:5*6e4,stall:15*6e4},O=864e5;function _({limits:{stall:a,...p},bakeRetries:w}){const R=Object.values(p).reduce((Z,y)=>Z+y,0)*(1+w);return Math.max(O,2*R)}e(_,"lifetimeOf");function b(a,p){m(a);const[w,R]=(0,u.vE)(p).replace(/[-:Z]/g,"").split("T"),{imageNamePrefix:Z,version:y,recipe:D}=a,B={prefix:Z,date:w,time:R,run:f(a.runId),version:y,recipe:D.name},M=(0,h.tO)(a.nameTemplate,B);return{...a,names:{...l(a.runId),image:M},ownership:{runId:a.runId,recipe:a.recipe.name,labels:a.labels,expiresAt:(0,u.vE)({...p,now:e(()=>p.now()+_(a),"now")})},recipeDigest:(0,$.dF)(a.recipe),phases:k(a)}}e(b,"planGolden");function m({recipe:{allowedHosts:a},builder:p}){const w=p.image?.url;if(!(!a||w===void 0||a.includes(new URL(w).hostname)))throw new A.yo("BUILDER_IMAGE_OUTSIDE",`The recipe is air-gapped, and builder-image names another host: ${new URL(w).hostname}.`,{mend:`Take the image from one of ${a.join(", ")}, or add its host to allowed-hosts.`})}e(m,"stayInside");function l(a){const p=`golden-builder-${f(a)}`,w=(0,I.qQ)("sha256",`${a} root`).slice(0,5);return{vm:p,secret:`${p}-cloudinit`,claim:`${p}-root-${w}`,baseImage:`golden-base-${f(a)}`}}e(l,"builderNames");function E(a,p){return(0,r.join)(a,l(p).vm)}e(E,"runnerFolder");const f=e(a=>(0,I.qQ)("sha256",a).slice(0,6),"markOf");function k({limits:a,runner:p}){const w=e((R,Z,y,D)=>({id:R,limit:Z,title:y,why:D,limitInput:`${R}-timeout`}),"phase");return[w("fingerprint",a.fingerprint,"Compare with what exists","an unchanged image needs no second bake"),p?w("provision",a.provision,"Prepare the runner","the bake runs on this machine"):w("provision",a.provision,"Create the builder","the bake runs inside Harvester, near its storage"),w("bake",a.bake,"Bake","the recipe is applied to the base image and facts are collected"),w("proof",a.proof,"Prove","an image that breaks a rule is never imported"),w("hand-over",a.handOver,"Find the image",p?"the image is sent from this machine":"Harvester gets it from an address of the builder, or through this machine"),w("import",a.import,"Import","Harvester stores the image and checks its SHA-512"),w("report",a.report,"Report","what was built, from what, and how to use it"),w("cleanup",a.cleanup,"Clean up","everything but the image is removed, whatever happened")]}e(k,"plannedPhases");function c(a){const{names:p,namespace:w,builder:R,recipe:Z}=a,y=Z.layers.length>0?` with ${Z.layers.join(", ")}`:"";return[`recipe       ${Z.name}${y} (${a.recipeDigest.slice(0,12)})`,`image        ${w}/${p.image}`,...a.runner?[`builder      this machine, in ${a.runner.folder}`]:[`builder      ${w}/${p.vm}: ${R.cpu} CPU, ${R.memory}, disk ${R.diskSize}`,`boots from   ${R.image?.url??Z.base.url}`],`network      ${[a.network??"pod network",...a.staticNetwork?.addresses??[]].join(", ")}`,`labels       run ${a.runId}, expiring ${a.ownership.expiresAt}`,...a.phases.map(({id:D,title:B,limit:M,why:U})=>`${D.padEnd(12)} ${B}: ${U} (at most ${(0,N.a)(M)})`)]}e(c,"planLines")}),60188:((J,C,t)=>{t.d(C,{Bg:e(()=>N,"Bg"),L5:e(()=>$,"L5"),MW:e(()=>A,"MW"),Tx:e(()=>r,"Tx"),WL:e(()=>h,"WL"),dC:e(()=>g,"dC"),dr:e(()=>u,"dr"),pE:e(()=>I,"pE")});const r={group:"harvesterhci.io",version:"v1beta1",plural:"virtualmachineimages",kind:"VirtualMachineImage",namespaced:!0},u={group:"kubevirt.io",version:"v1",plural:"virtualmachines",kind:"VirtualMachine",namespaced:!0},N={group:"kubevirt.io",version:"v1",plural:"virtualmachineinstances",kind:"VirtualMachineInstance",namespaced:!0},A={group:"k8s.cni.cncf.io",version:"v1",plural:"network-attachment-definitions",kind:"NetworkAttachmentDefinition",namespaced:!0},I={group:"longhorn.io",version:"v1beta2",plural:"backingimages",kind:"BackingImage",namespaced:!0},$={group:"harvesterhci.io",version:"v1beta1",plural:"virtualmachinetemplateversions",kind:"VirtualMachineTemplateVersion",namespaced:!0},h={group:"harvesterhci.io",version:"v1beta1",plural:"virtualmachinebackups",kind:"VirtualMachineBackup",namespaced:!0},g={group:"cdi.kubevirt.io",version:"v1beta1",plural:"datavolumes",kind:"DataVolume",namespaced:!0}}),82588:((J,C,t)=>{t.d(C,{sv:e(()=>L,"sv"),ZF:e(()=>ie,"ZF")});var r=t(92029);const u="R2A| ",N="R2A-STEP-ENDED";function A(s,v){return`#!/bin/sh
# ${s}
{ (
set -eu
export LC_ALL=C SYSTEMD_OFFLINE=1
cd /

${v.trim()}
); printf '\\n%s %s\\n' '${N}' "$?"; } 2>&1 | {
  while IFS= read -r line; do
    case $line in
      '') continue ;;
      '${N} '*) exit "\${line#${N} }" ;;
    esac
    printf '%s\\n' "$line"
    { printf '%s%s\\r\\n' '${u}' "$line" >/dev/console; } 2>/dev/null || :
  done
  echo 'the step was cut off' >&2
  exit 70
}
`}e(A,"stepScript");function I(s){return s.map(r.ZL).join(" ")}e(I,"words");function $(s,v="    "){return s.map(P=>`${v}${(0,r.ZL)(P)}`).join(` \\
`)}e($,"wordLines");function h({required:s,forbidden:v}){return`root_uuid() {
    device=$(awk '$2 == "/" { found = $1 } END { print found }' /proc/mounts)
    blkid -o value -s UUID "$device"
}

is_forbidden() {
    for unwanted in \\
${$(v,"        ")}; do
        case $1 in "$unwanted" | "$unwanted"=*) return 0 ;; esac
    done
    return 1
}

# Prints a command line: the right root first, then what is given and allowed, then what is required and missing.
clean_command_line() {
    line="root=UUID=$uuid ro"
    for argument in "$@" \\
${$(s,"        ")}; do
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
[ -n "$uuid" ] || { echo 'the root filesystem has no UUID'; exit 1; }`}e(h,"commandLineFunctions");const g="/boot/loader/entries/*.conf";function O(s){return`${h(s)}

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
fi`}e(O,"writeCommandLine");const _=`made=0
for kernel in /boot/vmlinuz-*; do
    version=\${kernel#/boot/vmlinuz-}
    case $version in *rescue* | '*') continue ;; esac
    [ -d "/usr/lib/modules/$version" ] || { echo "the kernel $version has no modules"; exit 1; }
    echo "initramfs for $version"
    dracut --force --no-hostonly --kver "$version" "/boot/initramfs-$version.img"
    [ -s "/boot/initramfs-$version.img" ] || { echo "dracut made no initramfs for $version"; exit 1; }
    made=$((made + 1))
done
[ "$made" -gt 0 ] || { echo 'no kernel is installed'; exit 1; }`;function b(s){return`${h(s)}

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
echo "$count boot entries, default $default: $cmdline"`}e(b,"fixBootEntries");const m="rke2-actions-files",l=`/var/tmp/${m}`,E=`rm -r ${l}`;function f(s){return s.map(k).join(`
`)}e(f,"installFiles");function k({path:s,mode:v,owner:P,group:W}){const V=(0,r.ZL)(s);return`install -D -o ${P} -g ${W} -m ${v} ${(0,r.ZL)(`${l}${s}`)} ${V}
echo ${(0,r.ZL)(`${s} ${v} ${P}:${W}`)}`}e(k,"installFile");function c(s){return s.map(({path:v,mode:P,owner:W,group:V})=>`install -d -o ${W} -g ${V} -m ${P} ${(0,r.ZL)(v)}`).join(`
`)}e(c,"makeDirectories");function a({downloads:s}){return s.map(({path:v,mode:P})=>`chown root:root ${(0,r.ZL)(v)}
chmod ${P} ${(0,r.ZL)(v)}
ls -l ${(0,r.ZL)(v)}`).join(`
`)}e(a,"settleDownloads");function p({mode:s,type:v}){return`[ -f /etc/selinux/config ] || { echo 'the image has no /etc/selinux/config'; exit 1; }
sed -i -e 's/^SELINUX=.*/SELINUX=${s}/' -e 's/^SELINUXTYPE=.*/SELINUXTYPE=${v}/' /etc/selinux/config
grep -q '^SELINUX=${s}$' /etc/selinux/config
grep -q '^SELINUXTYPE=${v}$' /etc/selinux/config`}e(p,"setSelinux");function w({enable:s,disable:v,mask:P}){const W=`unit_exists() {
    for folder in /etc /usr/lib /lib; do
        [ -e "$folder/systemd/system/$1" ] && return 0
    done
    return 1
}`,V=`for unit in ${I(v)}; do
    if unit_exists "$unit"; then systemctl disable "$unit"; else echo "$unit does not exist"; fi
done`;return[v.length>0&&`${W}
${V}`,P.length>0&&`systemctl mask ${I(P)}`,s.length>0&&`systemctl enable ${I(s)}`].filter(Boolean).join(`
`)}e(w,"setServices");function R({script:s,environment:v={}}){return`${Object.entries(v).map(([W,V])=>`${W}=${(0,r.ZL)(V)}
`).join("")}${s}`}e(R,"runOwnCommand");function Z(s){return`dnf -y --best ${["--setopt=install_weak_deps=False","--setopt=keepcache=0",...s.repositories.map(({id:P})=>`--enablerepo=${P}`)].join(" ")}`}e(Z,"dnf");const y="update-ca-trust";function D(s){const v=s.repositories.flatMap(V=>V.replaces),P=s.otherRepositories==="disable"?"all":v.join(" ");return`ours=' ${s.repositories.map(({id:V})=>`/etc/yum.repos.d/${V}.repo`).join(" ")} '
for file in /etc/yum.repos.d/*.repo; do
    [ -f "$file" ] || continue
    case $ours in *" $file "*) continue ;; esac
    awk -v wanted=' ${P} ' '
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
done`}e(D,"disableRepositories");function B(s){return`found=''
for name in ${I(s.packages.absent)}; do
    if rpm -q "$name" >/dev/null 2>&1; then found="$found $name"; fi
done
if [ -z "$found" ]; then
    echo 'none of the unwanted packages is installed'
else
    # shellcheck disable=SC2086 # names of packages, one word each
    dnf -y --disablerepo='*' remove $found
fi`}e(B,"removePackages");function M(s){return`${Z(s)} upgrade`}e(M,"updatePackages");function U(s){return`${Z(s)} install ${I(s.packages.install)}`}e(U,"installPackages");const j="pending security update: ",ee="pending security updates: ";function Q(s){return`list=$(${Z(s)} --quiet updateinfo list --security)
count=0
while IFS= read -r line; do
    [ -n "$line" ] || continue
    count=$((count + 1))
    echo "${j}$line"
done <<END
$list
END
echo "${ee}$count"`}e(Q,"listPendingUpdates");function se(s){const{install:v,absent:P}=s.packages,W=`for name in ${I(v)}; do
    rpm -q --whatprovides "$name" >/dev/null 2>&1 || { echo "the package $name is not installed"; bad=1; }
done`,V=`for name in ${I(P)}; do
    ! rpm -q "$name" >/dev/null 2>&1 || { echo "the package $name is installed"; bad=1; }
done`;return["bad=0",v.length>0&&W,P.length>0&&V,'[ "$bad" -eq 0 ]'].filter(Boolean).join(`
`)}e(se,"checkPackages");const te="/etc/.resolv.conf.sealed",he=["/etc/machine-id","/etc/resolv.conf"];function fe({sealing:s}){const v=s.emptied.filter(P=>!he.includes(P));return`if command -v cloud-init >/dev/null 2>&1; then cloud-init clean --logs --seed; fi
dnf -q clean all
[ -L /var/lib/dbus/machine-id ] || rm -f /var/lib/dbus/machine-id
# Logs keep their files, owners and modes, and lose what is in them; those of dnf and rpm begin anew on the node.
find /var/log -type f -exec truncate -s 0 {} +
${s.removed.map(P=>`rm -rf -- ${P}`).join(`
`)}
${v.map(P=>`: >${P}`).join(`
`)}
[ -e /etc/machine-id ] || : >/etc/machine-id`}e(fe,"seal");function ue({selinux:s,sealing:v}){const P=v.emptied.includes("/etc/resolv.conf")?`
[ -e /etc/resolv.conf ] || : >/etc/resolv.conf
ln -f /etc/resolv.conf ${te}
chmod 0644 ${te}
: >${te}`:"";return`contexts=/etc/selinux/${s.type}/contexts/files/file_contexts
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
rm -f /.autorelabel${P}
echo "labelled by $contexts: /$mounted"`}e(ue,"relabel");function ie(s){return`downloads/${s.sha256}`}e(ie,"stagedDownload");function L(s){const v=z(s),P=v.map(me);return{commands:v.map((V,le)=>V.command??`run @STAGE@/${P[le].name}`).map(V=>`${V}
`).join(""),files:[...s.files.map(pe),...P.filter((V,le)=>v[le].script!==void 0)],steps:v.map(({id:V,title:le})=>({id:V,title:le}))}}e(L,"renderCustomize");const F=new Set(["certificates","repositories","initramfs","services"]);function z(s){const v=s.files.filter(W=>F.has(W.origin)),P=s.files.filter(W=>!F.has(W.origin));return[...Y(s,v),...K(s),...q(s,P),...G(s),...H(s)]}e(z,"stepsOf");function Y(s,v){const P=s.downloads.length>0?[...new Set(s.downloads.map(({path:W})=>$e(W)))]:[];return ae([{id:"stage-files",title:"Copy the recipe's files into the image",command:`copy-in @STAGE@/${m}:/var/tmp`},...P.map((W,V)=>({id:`download-folder-${V+1}`,title:`Make ${W}`,command:`mkdir ${W}`})),...s.downloads.map((W,V)=>({id:`download-${V+1}`,title:`Put ${W.path} in place`,command:`upload @STAGE@/${ie(W)}:${W.path}`})),s.downloads.length>0&&{id:"downloads",title:"Set owner and mode of downloads",script:a(s)},v.length>0&&{id:"early-files",title:"Install the files that packages depend on",script:f(v)},s.certificates.length>0&&{id:"certificates",title:"Trust the CA certificates",script:y},{id:"repositories",title:"Switch off replaced repositories",script:D(s)},{id:"kernel-command-line",title:"Write the kernel command line",script:O(s.kernelCommandLine)}])}e(Y,"stageSteps");function K(s){const{absent:v,update:P,install:W}=s.packages;return ae([v.length>0&&{id:"remove-packages",title:"Remove unwanted packages",script:B(s)},P&&{id:"update-packages",title:"Update all packages",script:M(s)},W.length>0&&{id:"install-packages",title:"Install packages",script:U(s)},{id:"check-packages",title:"Check what is installed",script:se(s)},{id:"pending-updates",title:"List pending security updates",script:Q(s)},{id:"repositories-again",title:"Switch off what packages brought back",script:D(s)}])}e(K,"packageSteps");function q(s,v){return ae([s.directories.length>0&&{id:"directories",title:"Make directories",script:c(s.directories)},{id:"files",title:"Install files",script:[f(v),E].join(`
`)},{id:"selinux",title:"Set the SELinux mode",script:p(s.selinux)},{id:"services",title:"Choose services",script:w(s.services)},...s.commands.map(P=>({id:P.id,title:P.title,script:R(P)}))])}e(q,"contentSteps");function G(s){return[{id:"initramfs",title:"Build an initramfs for every kernel",script:_},{id:"boot-entries",title:"Correct and check the boot entries",script:b(s.kernelCommandLine)}]}e(G,"bootSteps");function H(s){const{emptied:v}=s.sealing;return ae([{id:"seal",title:"Remove what belongs to one machine",script:fe(s)},{id:"relabel",title:"Label all files for SELinux",script:ue(s)},v.includes("/etc/resolv.conf")&&{id:"resolv-conf",title:"Empty /etc/resolv.conf",command:`move ${te}:/etc/resolv.conf`},{id:"builder-log",title:"Remove the log of the bake",command:"delete /tmp/builder.log"},...v.includes("/etc/machine-id")?[{id:"machine-id",title:"Empty /etc/machine-id",command:"truncate /etc/machine-id"},{id:"machine-id-mode",title:"Protect /etc/machine-id",command:"chmod 0444:/etc/machine-id"}]:[]])}e(H,"sealingSteps");function ae(s){return s.filter(v=>v!==!1)}e(ae,"present");function me({id:s,title:v,script:P=""},W){return{name:`steps/${String(W+1).padStart(2,"0")}-${s}.sh`,content:A(v,P),mode:"0644"}}e(me,"stagedScript");function pe(s){return{name:`${m}${s.path}`,content:s.content,mode:"0600"}}e(pe,"stagedFile");const $e=e(s=>s.slice(0,s.lastIndexOf("/"))||"/","customize_parent")}),39955:((J,C,t)=>{t.d(C,{ax:e(()=>I,"ax"),dF:e(()=>N,"dF"),qj:e(()=>u,"qj")});var r=t(28338);const u="RECIPE_DIGEST";function N($){return(0,r.qQ)("sha256",(0,r.dj)({...$,files:$.files.map(A)}))}e(N,"recipeDigest");function A($){return $.origin!=="release"?$:{...$,content:$.content.replace(new RegExp(`^GOLDEN_${u}=.*
`,"m"),"")}}e(A,"withoutDigest");function I($){const h=[...$.repositories].sort((g,O)=>g.id<O.id?-1:1);return(0,r.qQ)("sha256",(0,r.dj)({...$,repositories:h}))}e(I,"fingerprintOf")}),36120:((J,C,t)=>{t.d(C,{IB:e(()=>_,"IB"),MR:e(()=>b,"MR"),PM:e(()=>N,"PM"),V3:e(()=>u,"V3"),Vg:e(()=>O,"Vg"),YS:e(()=>h,"YS"),fh:e(()=>$,"fh"),gF:e(()=>A,"gF"),g_:e(()=>I,"g_"),t3:e(()=>g,"t3")});const r=e((m,l)=>({owner:"root",group:"root",mode:"0644",...l,origin:m}),"file"),u=e(m=>`/etc/pki/ca-trust/source/anchors/${m}.pem`,"anchorPath");function N(m){return m.map(({name:l,pem:E})=>r("certificates",{path:u(l),content:E}))}e(N,"certificateFiles");function A(m){return m.flatMap(l=>{const{armoured:E,file:f}=l.gpgKey,k=E?[r("repositories",{path:f,content:`${E.trim()}
`})]:[],c=r("repositories",{path:`/etc/yum.repos.d/${l.id}.repo`,content:I(l)});return[...k,c]})}e(A,"repositoryFiles");function I({id:m,name:l,baseurl:E,enabled:f,repoGpgcheck:k,gpgKey:c}){return`[${m}]
name=${l}
baseurl=${E}
enabled=${f?1:0}
gpgcheck=1
repo_gpgcheck=${k?1:0}
gpgkey=file://${c.file}
skip_if_unavailable=0
`}e(I,"repositoryText");function $(m){if(m.length===0)return[];const l=`# The image is made in an appliance that has none of the devices it will boot with.
hostonly="no"
hostonly_cmdline="no"
force_drivers+=" ${m.join(" ")} "
`;return[r("initramfs",{path:"/etc/dracut.conf.d/90-golden-image.conf",content:l})]}e($,"initramfsFiles");function h(m){return Object.entries(m).map(([l,E])=>{const f=Object.entries(E).map(([k,c])=>`${k} = ${c}
`);return r("sysctls",{path:`/etc/sysctl.d/${l}.conf`,content:f.join("")})})}e(h,"sysctlFiles");function g(m){if(m.length===0)return[];const l=m.map(E=>`${E}
`).join("");return[r("kernel-modules",{path:"/etc/modules-load.d/90-golden-image.conf",content:l})]}e(g,"kernelModuleFiles");function O({enable:m,disable:l,mask:E}){const f=[...m.map(k=>`enable ${k}
`),...[...l,...E].map(k=>`disable ${k}
`)];return f.length===0?[]:[r("services",{path:"/etc/systemd/system-preset/10-golden-image.preset",content:f.join("")})]}e(O,"presetFiles");function _(m){if(!m)return[];const l=e((E,f)=>r("firewall",{path:`/etc/sysconfig/${E}`,content:f,mode:"0600",selinuxType:"system_conf_t"}),"rules");return[l("iptables",m.ipv4),l("ip6tables",m.ipv6)]}e(_,"firewallFiles");function b(m,l){const E=Object.entries(l).map(([f,k])=>`GOLDEN_${f}="${k.replace(/(["\\$`])/g,"\\$1")}"
`);return r("release",{path:m,content:E.join("")})}e(b,"releaseFile")})};
