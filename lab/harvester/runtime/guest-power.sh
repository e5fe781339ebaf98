#!/bin/bash
# poweroff, halt, shutdown, reboot and systemctl of a lab VM, which has no systemd: they speak to its init by signal.
power() {
  echo "rke2-actions lab: $1"
  sync
  kill "-$2" 1
  exit 0
}

# systemd's own answer to a unit that does not exist is exit status 5.
unit() {
  case $2 in
    qemu-guest-agent | qemu-guest-agent.service) exit 0 ;; # the lab itself plays the agent
    *) echo "rke2-actions lab: systemctl $1: Unit $2 not found: a lab VM has no systemd." >&2; exit 5 ;;
  esac
}

name=$(basename "$0")
[ "$name" = systemctl ] || set -- "$name" "$@"
words=()
for word; do [ "${word#-}" != "$word" ] || words+=("$word"); done
flags=" $* "
case ${words[0]:-} in
  poweroff | halt) power "powering off" TERM ;;
  reboot) power "rebooting" HUP ;;
  shutdown) case $flags in *" -r "* | *" --reboot "*) power "rebooting" HUP ;; *) power "powering off" TERM ;; esac ;;
  daemon-reload | is-system-running) exit 0 ;;
  start | stop | restart | enable | disable | is-active | status | mask | unmask) unit "${words[0]}" "${words[1]:-?}" ;;
  *) echo "rke2-actions lab: $name $*: not known to a lab VM" >&2; exit 1 ;;
esac
