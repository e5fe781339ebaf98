#!/bin/sh
# PID 1 of a node's mount and PID namespaces, in its network namespace: containerd and kubelet. When it ends, every
# process and every mount of the node ends with it.
# usage: launch.sh CONTAINERD CONTAINERD_CONFIG SOCKET KUBELET KUBELET_FLAG...
set -eu
containerd=$1 config=$2 socket=$3 kubelet=$4
shift 4

mount --make-rprivate /
# What containerd, CNI and kubelet keep at fixed places shall not meet the machine's own.
for place in /run /var/lib /var/log; do
  mount -t tmpfs -o mode=755 node "$place"
done
mkdir /run/netns
mount --make-rshared /
echo 1 > /proc/sys/net/ipv4/ip_forward

"$containerd" --config "$config" &
tries=0
until [ -S "$socket" ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 300 ] || exit 1
  sleep 0.1
done
"$kubelet" "$@" &
# The first of the two that ends takes the node with it.
while kill -0 $! 2> /dev/null && [ -S "$socket" ]; do sleep 1; done
exit 1
