# shellcheck shell=sh disable=SC2154 # scratch is the caller's
# Records what one command says as a member of a JSON object, whatever it says and however it ends:
#   "name":{"status":0,"truncated":false,"text":"…","error":"…"},
# Sourced by probe.sh on the builder and sent ahead of guest.sh into the image: POSIX sh, tr, sed, awk, head only.
LC_ALL=C
export LC_ALL
tab=$(printf '\t')
carriage_return=$(printf '\r')

# stdin as the inside of a JSON string; control characters other than tab, CR and newline are dropped.
json_text() {
  tr -d '\000-\010\013\014\016-\037' |
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e "s/$tab/\\\\t/g" -e "s/$carriage_return/\\\\r/g" |
    awk '{ printf "%s%s", (NR > 1 ? "\\n" : ""), $0 }'
}

# section NAME BYTES COMMAND…: runs COMMAND in a subshell without input and keeps at most BYTES of its output.
section() {
  section_name=$1
  section_limit=$2
  shift 2
  section_status=0
  ("$@") </dev/null >"$scratch/out" 2>"$scratch/err" || section_status=$?
  section_truncated=false
  [ "$(wc -c <"$scratch/out")" -le "$section_limit" ] || section_truncated=true
  printf '"%s":{"status":%d,"truncated":%s,"text":"' "$section_name" "$section_status" "$section_truncated"
  head -c "$section_limit" "$scratch/out" | json_text
  printf '","error":"'
  head -c 1000 "$scratch/err" | json_text
  printf '"},\n'
}
