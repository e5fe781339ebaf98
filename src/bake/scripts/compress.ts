/** `compress.sh` of the builder (bash); what it is for stands in its own first lines. */
import { script } from './script.ts';

export const COMPRESS = script`# shellcheck shell=bash
# Phase compress: free blocks are dropped in place, then the image is written anew, compact and on its own
# (facts/harvester.md §8.3). Longhorn takes only sizes that are a multiple of 512.

phase_compress() {
  local status=0
  local -a how=()
  limited virt-sparsify --in-place --format qcow2 "$WORK/image.qcow2" || fail 'virt-sparsify failed; its own words are above.'
  percent 40
  [ "$COMPRESS" = no ] || how=(-c)
  say 'Writing the final image'
  timeout --kill-after=10 "$(time_left)" qemu-img convert -p -f qcow2 -O qcow2 "\${how[@]}" "$WORK/image.qcow2" "$WORK/golden.qcow2" |
    tr '\r' '\n' | convert_progress || status=$?
  explain_limit "$status"
  [ "$status" -eq 0 ] || fail "qemu-img convert exited with $status; its own words are above."
  rm "$WORK/image.qcow2"
  truncate --size=%512 "$WORK/golden.qcow2"
  percent 100
}

convert_progress() {
  local line
  while IFS= read -r line; do
    [[ $line =~ \(([0-9]+)\.[0-9]+/100%\) ]] || continue
    [ "\${BASH_REMATCH[1]}" -ge 100 ] || percent $((40 + BASH_REMATCH[1] * 6 / 10))
  done
}
`;
