#!/bin/bash
# The init of a lab VM: runs cloud-init's four stages as systemd would, then waits for a power command.
# The exit status is what the machine's owner learns: 0 powered off, 3 rebooted, anything else crashed.
trap 'exit 0' INT TERM
trap 'exit 3' HUP

stage() {
  "$@" < /dev/null &
  wait $!
}

mkdir -p /run/lock /run/user
echo "rke2-actions lab: $(hostname) starts, $(date -u +%FT%TZ)"
cat /usr/lib/rke2-actions-lab/notice
stage cloud-init init --local
stage cloud-init init
stage cloud-init modules --mode=config
stage cloud-init modules --mode=final
echo "rke2-actions lab: cloud-init: $(cloud-init status 2> /dev/null | head -n 1)"
# A trap ends the wait.
while :; do
  sleep 3600 &
  wait $!
done
