# shellcheck shell=sh disable=SC2154 # scratch is the caller's
# Records what commands say as members of a JSON object, whatever they say and however they end:
#   "name":{"status":0,"truncated":false,"text":"…","error":"…"},
# Sourced by probe.sh on the builder and sent ahead of guest.sh into the image: POSIX sh, tr and awk only. A process is dear
# in an emulated guest, so all sections are put into JSON by one awk at the end.
LC_ALL=C
export LC_ALL

# section NAME BYTES COMMAND…: runs COMMAND in a subshell without input. What it says lies in $scratch/NAME.out, and
# print_sections will keep at most BYTES of it.
section() {
  section_name=$1
  printf '%s %d' "$1" "$2" >>"$scratch/sections"
  shift 2
  section_status=0
  ("$@") </dev/null >"$scratch/$section_name.out" 2>"$scratch/$section_name.err" || section_status=$?
  printf ' %d\n' "$section_status" >>"$scratch/sections"
}

# Prints the sections recorded since the last call. Control characters other than tab, CR and newline are dropped.
print_sections() {
  awk -v scratch="$scratch" '
    # Reads at most room bytes into lines[1…count], without the end of the last line; 1 if there are more.
    function read_lines(file, room,  line, more) {
      count = more = 0
      while (!more && (getline line < file) > 0) {
        more = length(line) > room
        if (more && room < 1) break
        lines[++count] = substr(line, 1, room)
        room -= length(line) + 1
      }
      close(file)
      return more
    }
    function print_lines(  n) {
      for (n = 1; n <= count; n++) {
        gsub(/["\\]/, "\\\\&", lines[n])
        gsub(/\t/, "\\t", lines[n])
        gsub(/\r/, "\\r", lines[n])
        printf "%s%s", (n > 1 ? "\\n" : ""), lines[n]
      }
    }
    {
      truncated = read_lines(scratch "/" $1 ".out", $2) ? "true" : "false"
      printf "\"%s\":{\"status\":%d,\"truncated\":%s,\"text\":\"", $1, $3, truncated
      print_lines()
      printf "\",\"error\":\""
      read_lines(scratch "/" $1 ".err", 1000)
      print_lines()
      print "\"},"
    }
  ' "$scratch/sections" | tr -d '\000-\010\013\014\016-\037'
  : >"$scratch/sections"
}
