/** `customize.sh` of the builder (bash); what it is for stands in its own first lines. */
import { script } from './script.ts';

export const CUSTOMIZE = script`# shellcheck shell=bash disable=SC2034
# Phase customize: the recipe's commands, run in the image by virt-customize (facts/harvester.md §8.2). customize-log.py
# turns its output into steps; the step that failed is named, with the last lines it wrote.

phase_customize() {
  local status=0
  use_base
  grow_disk
  sed "s#@STAGE@#$STAGE#g" "$ROOT/commands" >"$WORK/commands"
  virt_customize_options
  # Verbose, because only then the console of the appliance is shown, where the steps write.
  timeout --kill-after=10 "$(time_left)" virt-customize --verbose "\${OPTIONS[@]}" 2>&1 </dev/null |
    python3 "$BIN/customize-log.py" "$ROOT/steps.tsv" "$WORK/step" "$WORK/step-error" "$WORK/updates" || status=$?
  STEP=$(cat "$WORK/step")
  explain_limit "$status"
  [ "$status" -eq 0 ] || fail "$(cat "$WORK/step-error")"
  STEP=''
  percent 100
}

# A base that refers to other files would read the builder's own.
use_base() {
  local size
  qemu-img info --output=json "$WORK/base.qcow2" >"$WORK/base.json"
  if grep -qE '"(backing-filename|data-file)"' "$WORK/base.json"; then
    fail 'The base image refers to another file (backing or data file); it must stand alone.'
  fi
  size=$(stat -c %s "$WORK/base.qcow2")
  need_space $((2 * size + MINIMUM_FREE)) 'change and compress the image'
  mv "$WORK/base.qcow2" "$WORK/image.qcow2"
}

virtual_size() { qemu-img info --output=json "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["virtual-size"])'; }

# The partition follows at the first boot (growpart, from cloud-init).
grow_disk() {
  local now
  now=$(virtual_size "$WORK/image.qcow2")
  [ "$VIRTUAL_SIZE" -gt "$now" ] || return 0
  say "Growing the disk from $(mebibytes "$now") to $(mebibytes "$VIRTUAL_SIZE")"
  qemu-img resize "$WORK/image.qcow2" "$VIRTUAL_SIZE"
}

virt_customize_options() {
  local cpus memory total known
  cpus=$(nproc)
  total=$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)
  memory=$((total / 2))
  [ "$memory" -le 4096 ] || memory=4096
  known=$(virt-customize --help)
  OPTIONS=(--format qcow2 --add "$WORK/image.qcow2" --network --smp "$((cpus < 8 ? cpus : 8))" --memsize "$memory")
  [[ $known != *--no-logfile* ]] || OPTIONS+=(--no-logfile)
  # The recipe relabels by its own step, whose failure is one; virt-customize would leave /.autorelabel instead.
  [[ $known != *--no-selinux-relabel* ]] || OPTIONS+=(--no-selinux-relabel)
  OPTIONS+=(--commands-from-file "$WORK/commands")
}
`;
