#!/bin/bash
# The firmware of a lab VM: PID 1 of new mount, UTS, IPC and PID namespaces; its terminal is the serial console.
# Lays the machine's own disk over the host's root, then becomes the guest's init (guest-init.sh).
# usage: launch.sh MACHINE DISK HIDDEN
#   MACHINE   folder: guest/ (laid over the root), cloud/ (/var/lib/cloud's seed), etc-cloud/ (/etc/cloud), hostname
#   DISK      ext4 image; everything the guest writes goes there, so its size is the guest's limit
#   HIDDEN    the lab's data, which the guest shall not see
set -euo pipefail

machine=$1
hidden=$3
console=$(tty)
disk=$machine/disk
root=$machine/root

mount --make-rprivate /
mkdir -p "$disk" "$root"
mount -o loop "$2" "$disk"
rm -rf "$disk/tmp"
mkdir -p "$disk/upper" "$disk/work" "$disk/cloud" "$disk/tmp"
cp -a "$machine/guest/." "$disk/upper/"
cp -a "$machine/cloud/." "$disk/cloud/"
mount -t overlay overlay -o "lowerdir=/,upperdir=$disk/upper,workdir=$disk/work" "$root"
mkdir -p "$root/var/lib/cloud" "$root/etc/cloud"
mount --bind "$disk/cloud" "$root/var/lib/cloud"
mount --bind "$machine/etc-cloud" "$root/etc/cloud"

# The host's device nodes, one by one: a guest that makes files in /dev makes them in its own tmpfs.
mount -t tmpfs -o mode=755,size=1m tmpfs "$root/dev"
for node in null zero full random urandom tty kvm fuse net/tun; do
  [ -e "/dev/$node" ] || continue
  mkdir -p "$(dirname "$root/dev/$node")"
  : > "$root/dev/$node"
  mount --bind "/dev/$node" "$root/dev/$node"
done
for node in ttyS0 console; do
  : > "$root/dev/$node"
  mount --bind "$console" "$root/dev/$node"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777,size=256m tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"

mount -t proc proc "$root/proc"
# Not namespaced. A guest means its own kernel when it sets a sysctl or panics, and here that is the host's. This guards
# against accidents, not against attackers: the guest is root.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
if [ -e "$root/proc/sysrq-trigger" ]; then mount --bind /dev/null "$root/proc/sysrq-trigger"; fi
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755,size=256m tmpfs "$root/run"
# On the disk, not in memory: qcow2 files of a gigabyte are put here.
chmod 1777 "$disk/tmp"
mount --bind "$disk/tmp" "$root/tmp"
mkdir -p "$root$hidden"
mount -t tmpfs -o mode=700,size=4k tmpfs "$root$hidden"

hostname "$(cat "$machine/hostname")"
cd "$root"
pivot_root . .
umount -l .
exec /usr/bin/env -i \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=vt220 LANG=C.UTF-8 container=rke2-actions-lab \
  setpriv --bounding-set=-sys_module,-sys_time,-syslog,-sys_rawio /usr/lib/rke2-actions-lab/init
