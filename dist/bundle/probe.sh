#!/bin/bash
# usage: probe.sh IMAGE [--updates FILE]
# Facts about a disk image as one JSON document on stdout (at most 2 MiB); nothing is judged and nothing is changed: the
# image is opened read-only, in one libguestfs session that bash steers through guestfish's remote control.
# LIBGUESTFS_* come from the caller. FILE holds `dnf updateinfo list --security` of the moment of the bake.
# Exit status: 0 if a document was written, however many facts it lacks; 1 without one.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
image=${1:?usage: probe.sh IMAGE [--updates FILE]}
updates=''
[ "${2:-}" != --updates ] || updates=${3:?--updates needs a file}
[ -r "$image" ] || { echo "probe: cannot read $image" >&2; exit 1; }

scratch=$(mktemp -d)
session=''
end() {
  [ -z "$session" ] || guestfish --remote="$session" -- -exit >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap end EXIT
trap 'exit 143' TERM INT HUP

# shellcheck source=src/verify/probe/section.sh
. "$here/section.sh"

# One libguestfs command in the session. With "-" before the command the server survives its failure but then answers 0:
# what tells is that the server, whose stderr is a file, has written an error.
fish() {
  local before after status=0
  before=$(wc -c <"$scratch/session-errors")
  guestfish --remote="$session" -- "-$1" "${@:2}" || status=$?
  after=$(wc -c <"$scratch/session-errors")
  [ "$after" -eq "$before" ] || tail -c "+$((before + 1))" "$scratch/session-errors" >&2
  [ "$status" -eq 0 ] && [ "$after" -eq "$before" ]
}

start_session() {
  local reply
  reply=$(guestfish --listen --ro -a "$image" 2>"$scratch/session-errors") || { cat "$scratch/session-errors" >&2; return 1; }
  session=${reply#GUESTFISH_PID=}
  session=${session%%;*}
  fish run
}

devices() { fish list-filesystems | sed 's/:.*//'; }

# "=device", then what blkid knows of it: UUID, LABEL, TYPE and, for a partition, type and number.
filesystems() {
  local device
  for device in $(fish list-partitions) $(fish list-devices | head -1); do
    printf '=%s\n' "$device"
    fish blkid "$device"
  done
}

# device, type, and the status of fsck: 0 means clean. A repair would go to the session's throw-away overlay.
filesystem_checks() {
  local device type status
  while IFS=': ' read -r device type; do
    case $type in
    xfs) status=$(fish xfs-repair "$device" nomodify:true) ;;
    ext* | vfat) status=$(fish fsck "$type" "$device") ;;
    *) continue ;;
    esac
    printf '%s\t%s\t%s\n' "$device" "$type" "$status"
  done < <(fish list-filesystems)
}

mount_root() {
  local roots mounts path device
  roots=$(fish inspect-os)
  [ -n "$roots" ] || { echo 'no operating system was found in the image' >&2; return 1; }
  [ "$(wc -l <<<"$roots")" -eq 1 ] || { echo "more than one operating system: $roots" >&2; return 1; }
  mounts=$(fish inspect-get-mountpoints "$roots" | sort -t: -k1,1)
  while IFS= read -r line; do
    path=${line%%: *}
    device=${line#*: }
    fish mount-ro "$device" "$path" || return 1
    printf '%s\t%s\n' "$path" "$device"
  done <<<"$mounts"
}

guest_facts() {
  local program
  program="scratch=/dev/.rke2-actions-probe
spec64=$(base64 -w0 <"$here/spec")
$(cat "$here/section.sh" "$here/guest.sh")"
  # One argument of a process is limited to 128 KiB by Linux.
  [ "${#program}" -lt 120000 ] || { echo 'the list of what to look at is too long for one session' >&2; return 1; }
  fish sh "$program"
}

guest_outcome() { [ ! -s "$scratch/guest-error" ] || { cat "$scratch/guest-error" >&2; return 1; }; }

# The session is this shell's: a section runs in a subshell, so it is started outside of one.
: >"$scratch/session-errors"
launch_error=''
start_session 2>"$scratch/launch-error" || launch_error=$(tail -c 1000 "$scratch/launch-error")
launched() { [ -z "$launch_error" ] || { echo "${launch_error:-unknown}" >&2; return 1; }; }

printf '{"schemaVersion":1,"sections":{\n'
section image-size 100 stat -c %s "$image"
section image-info 20000 qemu-img info --output=json "$image"
section image-check 20000 qemu-img check --output=json "$image"
[ -z "$updates" ] || section security-updates 40000 cat "$updates"
section session 1000 launched
if [ -z "$launch_error" ]; then
  section partition-table 1000 fish part-get-parttype /dev/sda
  section filesystems 20000 filesystems
  section physical-volumes 4000 fish pvs
  section filesystem-checks 4000 filesystem_checks
  section mounts 4000 mount_root
  # Without all its filesystems the image would look emptier than it is: no facts are better than wrong ones.
  if [ "$section_status" -ne 0 ]; then
    echo 'the filesystems of the image could not be mounted' >"$scratch/guest-error"
  elif guest_facts >"$scratch/guest" 2>"$scratch/guest-error"; then
    cat "$scratch/guest"
  fi
  section guest 1000 guest_outcome
fi
printf '"end":{"status":0,"truncated":false,"text":"","error":""}}}\n'
