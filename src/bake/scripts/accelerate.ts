/** `accelerate.sh` of the builder (bash); what it is for stands in its own first lines. */
import { script } from './script.ts';

export const ACCELERATE = script`# shellcheck shell=bash disable=SC2034
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
`;
