/** `serve.sh` of the builder (bash); what it is for stands in its own first lines. */
import { script } from './script.ts';

export const SERVE = script`# shellcheck shell=bash
# Phase serve: the image is put where the server finds it, asked for as an importer would, and announced. The server goes
# on until the machine is deleted.

phase_serve() {
  mv "$WORK/golden.qcow2" "$SERVED/golden.qcow2"
  ask_for_image
  announce_addresses
  percent 100
  say 'The image is served until this machine is deleted.'
  mark_twice "{\"mark\":\"result\",\"sha512\":\"$SHA512\",\"sha256\":\"$SHA256\",\"size\":$SIZE,\"virtualSize\":$IMAGE_VIRTUAL_SIZE,\"port\":$PORT,\"path\":\"/$(cat "$ROOT/token")/golden.qcow2\"}"
}

# The path is a secret: it reaches curl through a file.
ask_for_image() {
  local length
  printf 'url = "http://%s:%s/%s/golden.qcow2"\n' "\${RKE2A_BIND:-127.0.0.1}" "$PORT" "$(cat "$ROOT/token")" >"$WORK/curl.conf"
  length=$(curl --config "$WORK/curl.conf" --noproxy '*' --silent --show-error --fail --head --max-time 10 --retry 5 --retry-connrefused |
    tr -d '\r' | awk 'tolower($1) == "content-length:" { print $2 }') || fail "The image server does not answer on port $PORT."
  [ "$length" = "$SIZE" ] || fail "The image server announces $length bytes, the image has $SIZE."
}
`;
