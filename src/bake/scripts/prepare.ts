/** `prepare.sh` of the builder (bash); what it is for stands in its own first lines. */
import { script } from './script.ts';

export const PREPARE = script`# shellcheck shell=bash
# Phase prepare: this machine says where it is, trusts the recipe's authorities, gets the tools it lacks (dnf on Rocky,
# apt on Debian; from the recipe's mirrors alone where it has some), and is big enough. The server starts first: status.json
# and log tell of the bake from the beginning.

phase_prepare() {
  say "Baking $RECIPE, run $RUN_ID, on $(hostname), kernel $(uname -r), $(nproc) CPUs"
  announce_addresses
  open_port
  start_server
  check_memory
  need_space "$MINIMUM_FREE" 'begin'
  trust_certificates
  install_tools
  percent 100
}

# Every global address of every interface: which of them the importer can reach is not known here.
announce_addresses() {
  local addresses
  addresses=$(ip -o addr show scope global | awk '{ split($4, part, "/"); printf "%s\"%s\"", (NR > 1 ? "," : ""), part[1] }')
  mark "{\"mark\":\"address\",\"addresses\":[$addresses]}"
}

check_memory() {
  local total
  total=$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)
  [ "$total" -ge 1800 ] || fail "The builder has $total MiB of memory; a bake needs 2048 MiB, 4096 MiB are better."
}

# need_space BYTES WHAT-FOR
need_space() {
  local free
  free=$(free_bytes "$WORK")
  [ "$free" -ge "$1" ] || fail_as BUILDER_DISK_FULL "Not enough space to $2: $(mebibytes "$free") free below $ROOT, $(mebibytes "$1") needed. Give the builder a larger disk."
}

trust_certificates() {
  local certificate found='' anchors
  for certificate in "$ROOT"/ca/*.crt; do [ ! -f "$certificate" ] || found=yes; done
  [ -n "$found" ] || return 0
  if command -v update-ca-trust >/dev/null; then
    anchors=/etc/pki/ca-trust/source/anchors
  else
    anchors=/usr/local/share/ca-certificates
  fi
  mkdir -p "$anchors"
  install -m 0644 "$ROOT"/ca/*.crt "$anchors/"
  if command -v update-ca-trust >/dev/null; then update-ca-trust extract; else update-ca-certificates; fi
}

missing_tools() {
  local tool
  for tool in curl ip qemu-img guestfish virt-customize virt-sparsify; do
    command -v "$tool" >/dev/null || printf '%s\n' "$tool"
  done
}

install_tools() {
  local missing
  missing=$(missing_tools)
  [ -n "$missing" ] || return 0
  stay_inside "$missing"
  say "Installing what is missing: \${missing//$'\n'/ }"
  if command -v dnf >/dev/null; then
    install_with_dnf "$missing"
  elif command -v apt-get >/dev/null; then
    install_with_apt
  else
    fail "Missing on the builder: \${missing//$'\n'/ }; and it has neither dnf nor apt-get."
  fi
  missing=$(missing_tools)
  [ -z "$missing" ] || fail "Still missing after the installation: \${missing//$'\n'/ }."
}

# In an air gap this machine's own repositories are no place to ask.
stay_inside() {
  [ "$AIR_GAPPED" = yes ] || return 0
  if [ -d "$ROOT/repos" ] && command -v dnf >/dev/null; then return 0; fi
  fail "Missing on the builder: \${1//$'\n'/ }; and the recipe is air-gapped without a mirror that this machine could install them from. Let the builder boot from an image that has them (builder-image)."
}

# By path: which package holds a tool differs between releases. libguestfs-xfs is what makes GenericCloud's root readable;
# where it is no package of its own, strict=0 passes over it.
install_with_dnf() {
  local -a paths
  mapfile -t paths < <(sed 's#^#/usr/bin/#; s#^/usr/bin/ip$#/usr/sbin/ip#' <<<"$1")
  local -a dnf=(dnf -y --setopt=install_weak_deps=False)
  # Its own repositories are left as they are, and left out.
  [ ! -d "$ROOT/repos" ] || dnf+=("--setopt=reposdir=$ROOT/repos")
  limited "\${dnf[@]}" install "\${paths[@]}" || fail "dnf could not install \${paths[*]}; its own words are above."
  limited "\${dnf[@]}" --setopt=strict=0 install libguestfs-xfs || fail 'dnf could not install libguestfs-xfs; its own words are above.'
}

install_with_apt() {
  local -a packages=(curl ca-certificates iproute2 qemu-utils guestfs-tools libguestfs-tools linux-image-amd64)
  export DEBIAN_FRONTEND=noninteractive
  limited apt-get -q update || fail 'apt-get update failed; its own words are above.'
  limited apt-get -q -y --no-install-recommends install "\${packages[@]}" || fail "apt-get could not install \${packages[*]}; its own words are above."
}

open_port() {
  command -v firewall-cmd >/dev/null && firewall-cmd --state >/dev/null 2>&1 || return 0
  firewall-cmd --add-port="$PORT/tcp"
}

start_server() {
  setsid python3 "$BIN/server.py" "\${RKE2A_BIND:-::}" "$PORT" "$ROOT/token" "$SERVED" </dev/null &
  local pid=$!
  echo "$pid" >"$ROOT/server.pid"
  for _ in {1..50}; do
    sleep 0.1
    kill -0 "$pid" 2>/dev/null || fail "The image server could not listen on port $PORT; its own words are above."
    if (: <"/dev/tcp/\${RKE2A_BIND:-127.0.0.1}/$PORT") 2>/dev/null; then return 0; fi
  done
  fail "The image server does not answer on port $PORT."
}
`;
