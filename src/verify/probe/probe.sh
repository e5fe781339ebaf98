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

# "=device", then what blkid knows of it: UUID, LABEL, TYPE and, for a partition, type and number.
filesystems() {
  local device
  for device in $(fish list-partitions) $(fish list-devices | head -1); do
    printf '=%s\n' "$device"
    fish blkid "$device"
  done
}

# Whether all partitions hold filesystems themselves, so that what blkid said is all there is to know. LVM, RAID, LUKS and
# btrfs are for libguestfs to unravel, which takes 4 s in an emulated guest wherever it does so.
plain_disk() { ! sed -n 's/^TYPE: //p' "$scratch/filesystems.out" | grep -qvxE 'xfs|ext[234]|vfat|swap'; }

# "device: type" of each filesystem
volumes() {
  if plain_disk; then
    awk '/^=/ { device = substr($0, 2) } sub(/^TYPE: /, "") { print device ": " $0 }' "$scratch/filesystems.out"
  else
    fish list-filesystems
  fi
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
  done < <(volumes)
}

# path and device of each filesystem in $scratch/fstab, which lies on the device given. Fails unless each is named by a tag
# that exactly one partition has, and / is on that device.
fstab_mounts() {
  awk -v root="$1" -v OFS='\t' '
    BEGIN { split("UUID UUID LABEL LABEL PART_ENTRY_UUID PARTUUID PART_ENTRY_NAME PARTLABEL", names, " ") }
    BEGIN { for (n = 1; n in names; n += 2) tag_of[names[n] ":"] = names[n + 1] }
    FILENAME !~ /fstab$/ {
      if (/^=/) device = substr($0, 2)
      if (!($1 in tag_of)) next
      tag = tag_of[$1] "=" substr($0, length($1) + 2)
      count[tag]++
      device_of[tag] = device
      next
    }
    /^[ \t]*(#|$)/ || $3 == "swap" { next }
    $2 !~ /^\/[^\\]*$/ || count[$1] != 1 { exit failed = 1 }
    { if ($2 == "/") found = device_of[$1]; print $2, device_of[$1] }
    END { exit failed || found != root }
  ' "$scratch/filesystems.out" "$scratch/fstab"
}

# Where inspect-os would mount what, found out by looking for fstab: a plain disk needs no more, and inspect-os takes 10 s in
# an emulated guest. Fails if it cannot be told like this.
plain_mounts() {
  local device type roots=()
  plain_disk || return 1
  while IFS=': ' read -r device type; do
    [[ $type =~ ^(xfs|ext[234])$ ]] || continue
    fish mount-ro "$device" / || return 1
    if [ "$(fish is-file /etc/fstab)" = true ]; then
      roots+=("$device")
      fish cat /etc/fstab >"$scratch/fstab" || return 1
    fi
    fish umount-all || return 1
  done < <(volumes)
  [ "${#roots[@]}" -eq 1 ] || return 1
  fstab_mounts "${roots[0]}"
}

inspected_mounts() {
  local roots
  fish umount-all
  roots=$(fish inspect-os)
  [ -n "$roots" ] || { echo 'no operating system was found in the image' >&2; return 1; }
  [ "$(wc -l <<<"$roots")" -eq 1 ] || { echo "more than one operating system: $roots" >&2; return 1; }
  fish inspect-get-mountpoints "$roots" | sed 's/: /\t/'
}

mount_root() {
  local path device
  plain_mounts >"$scratch/mounts" 2>/dev/null || inspected_mounts >"$scratch/mounts" || return 1
  while IFS=$'\t' read -r path device; do
    fish mount-ro "$device" "$path" || return 1
    printf '%s\t%s\n' "$path" "$device"
  done < <(sort -t $'\t' -k1,1 "$scratch/mounts")
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
    print_sections
    cat "$scratch/guest"
  fi
  section guest 1000 guest_outcome
fi
print_sections
printf '"end":{"status":0,"truncated":false,"text":"","error":""}}}\n'
