/** `download.sh` of the builder (bash); what it is for stands in its own first lines. */
import { script } from './script.ts';

export const DOWNLOAD = script`# shellcheck shell=bash disable=SC2034
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
`;
