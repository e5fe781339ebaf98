# shellcheck shell=sh disable=SC2154 # scratch and spec64 are written above by the caller
# The facts inside the image (facts/golden-images.md §4.2–4.6), collected in a chroot whose root is mounted read-only.
# Comes after section.sh and after the two lines scratch='…' and spec64='…' that the caller writes. The spec holds one
# "kind value" per line; values are data and never evaluated. Needs POSIX sh, awk, sed, GNU find and rpm, nothing else.
# scratch lies on the appliance's /dev, the only place here that can be written.
# An emulated guest starts some 40 processes a second, so loops ask one process about everything they have gathered.
mkdir -p "$scratch"
export TMPDIR="$scratch"
for kind in path file directory glob unit module driver certificate; do : >"$scratch/wanted-$kind"; done
printf '%s' "$spec64" | base64 -d |
  awk -v scratch="$scratch" '{ list = scratch "/wanted-" $1; sub(/^[^ ]* /, ""); print >list }'

# Values of one kind, one per line.
wanted() { cat "$scratch/wanted-$1"; }

# type, mode, owner, group, size, mtime, SELinux context, link target, path
paths() {
  { wanted path; wanted file; wanted directory; } >"$scratch/paths"
  : >"$scratch/present"
  set --
  while IFS= read -r path; do
    if [ -e "$path" ] || [ -L "$path" ]; then set -- "$@" "$path"; fi
  done <"$scratch/paths"
  # find fails where a file has no label, and has printed the line all the same.
  [ $# -eq 0 ] ||
    find "$@" -maxdepth 0 -printf '%y\t%m\t%u\t%g\t%s\t%T@\t%Z\t%l\t%p\n' >"$scratch/present" 2>/dev/null || true
  awk -F '\t' '
    FILENAME ~ /present$/ { present[$NF] = $0; next }
    { print ($0 in present) ? present[$0] : "absent\t\t\t\t\t\t\t\t" $0 }
  ' "$scratch/present" "$scratch/paths"
}

digests() {
  set --
  while IFS= read -r path; do [ ! -f "$path" ] || set -- "$@" "$path"; done <"$scratch/wanted-file"
  [ $# -eq 0 ] || sha256sum "$@"
}

directory_entries() {
  set --
  while IFS= read -r path; do [ ! -d "$path" ] || set -- "$@" "$path"; done <"$scratch/wanted-directory"
  [ $# -gt 0 ] || return 0
  printf '%s\n' "$@" >"$scratch/directories"
  find "$@" -mindepth 1 -maxdepth 1 -printf '%H\n' >"$scratch/entries"
  awk '
    FILENAME ~ /entries$/ { count[$0]++; next }
    { print count[$0] + 0 "\t" $0 }
  ' "$scratch/entries" "$scratch/directories"
}

# Pathname expansion is all that happens to an unquoted variable when IFS is empty: a pattern cannot run anything.
globs() {
  while IFS= read -r pattern; do
    IFS=''
    count=0
    for match in $pattern; do
      { [ -e "$match" ] || [ -L "$match" ]; } || continue
      count=$((count + 1))
      [ "$count" -gt 20 ] || printf '%s\t%s\n' "$pattern" "$match"
    done
    IFS=' '
  done <"$scratch/wanted-glob"
}

# Text files in one section: "=path", then each line behind a "|". A last line without an end (grubenv has one) gets it.
contents() {
  for path in "$@"; do
    shift
    [ ! -f "$path" ] || set -- "$@" "$path"
  done
  awk 'BEGIN {
    for (n = 1; n < ARGC; n++) {
      print "=" ARGV[n]
      while ((status = getline line <ARGV[n]) > 0) print "|" line
      if (status < 0) exit 1
      close(ARGV[n])
    }
  }' "$@"
}

without_comments() { contents "$@" | sed -E '/^\|[[:space:]]*([#;].*)?$/d'; }

# Passwords in repository files are a finding; their values are nobody's business.
repositories() {
  contents /etc/yum.repos.d/*.repo | sed -E 's/^(\|[[:space:]]*(password|proxy_password|username)[[:space:]]*=).*/\1(set)/; s#//[^/@ ]*@#//(set)@#'
}

# As with repositories: that there is a credential is a finding, what it is stays in the image.
without_credentials() {
  sed -E 's/((username|password|auth|token|identity_?token|registry_?token)["'"'"']?[[:space:]]*:)[[:space:]]*[^[:space:]].*/\1 (set)/I'
}

registries() { contents /etc/rancher/*/registries.yaml | without_credentials; }

# name, uid, shell, home, and what the password field is: locked, empty or set. The hash itself stays in the image.
accounts() {
  awk -F: '
    function state(field) { return field == "" ? "empty" : (field ~ /^[!*]/ ? "locked" : "set") }
    FILENAME == "/etc/shadow" { shadow[$1] = state($2); next }
    { print $1 "\t" $3 "\t" $7 "\t" $6 "\t" ($2 == "x" ? (($1 in shadow) ? shadow[$1] : "locked") : state($2)) }
  ' /etc/shadow /etc/passwd
}

homes() { awk -F: '$3 == 0 || $3 >= 1000 { print $6 }' /etc/passwd | grep -E '^/(root|home/|var/home/)' | sort -u; }

# Personal files of people who should not have been here: size, path.
home_files() {
  homes | while IFS= read -r home; do
    [ -d "$home" ] || continue
    find "$home" -xdev -maxdepth 4 -type f \( -path '*/.ssh/authorized_keys*' -o -path '*/.ssh/id_*' \
      -o -name '.*_history' -o -name .netrc -o -name .pgpass -o -name .git-credentials -o -name .terraformrc \
      -o -path '*/.docker/config.json' -o -path '*/.config/containers/auth.json' -o -path '*/.kube/config' \
      -o -path '*/.aws/credentials' -o -path '*/.terraform.d/*' \) -printf '%s\t%p\n'
  done
}

owned_by_package() { rpm --dbpath "$scratch/rpm" -qf "$1" >/dev/null 2>&1; }

# kind of secret, path
secrets() {
  grep -rIlE -e '-----BEGIN [A-Z ]*PRIVATE KEY-----' /etc /root /home /opt /srv /usr/local /var/lib 2>/dev/null | head -50 |
    while IFS= read -r path; do owned_by_package "$path" || printf 'private-key\t%s\n' "$path"; done
  grep -rIlE -e 'K10[0-9a-f]{64}::' -e 'gh[pousr]_[A-Za-z0-9]{36}' -e 'AKIA[0-9A-Z]{16}' -e 'client-key-data:' \
    /etc /root /home /var/lib/rancher /var/lib/cloud 2>/dev/null | head -20 | sed 's/^/token\t/'
  grep -rilE '^[[:space:]]*((export|declare -x)[[:space:]]+)?"?(https?|ftp|all)_proxy"?[[:space:]]*=|^proxy[[:space:]]*=|^(Default)?Environment=.*(https?)_proxy=' \
    /etc/environment /etc/profile.d /etc/dnf /etc/yum.repos.d /etc/sysconfig /etc/default /etc/systemd 2>/dev/null | sed 's/^/proxy\t/'
  grep -lE '^[[:space:]]*(username|password|proxy_password)[[:space:]]*=|//[^/@ ]*:[^/@ ]*@' /etc/yum.repos.d/*.repo 2>/dev/null | sed 's/^/credentials\t/'
  find /etc /root /home /opt /srv -xdev \( -name '*.tfstate*' -o -name '*.tfvars' -o -name kubeconfig -o -name '*.kubeconfig' \) \
    -type f 2>/dev/null | head -20 | sed 's/^/infrastructure\t/'
}

network_identity() { grep -lE '^[[:space:]]*(HWADDR|UUID)=' /etc/sysconfig/network-scripts/ifcfg-* 2>/dev/null; true; }

temporary_files() { find /tmp /var/tmp -mindepth 1 -maxdepth 1 -printf '%p\n' | head -20; }

log_kilobytes() { du -skx /var/log | cut -f1; }

package_cache() { find /var/cache/dnf /var/cache/yum /var/cache/libdnf5 -type f 2>/dev/null | head -20; }

# rpm wants to write beside its database even to read it; the image is read-only, so it works on a copy.
copy_rpm_database() { cp -rL "$(rpm -E '%{_dbpath}')/." "$scratch/rpm"; }

packages() {
  rpm --dbpath "$scratch/rpm" -qa --qf '%{NAME}\t%{EPOCHNUM}\t%{VERSION}\t%{RELEASE}\t%{ARCH}\t%{SOURCERPM}\t%|RSAHEADER?{%{RSAHEADER:pgpsig}}:{%|DSAHEADER?{%{DSAHEADER:pgpsig}}:{%|SIGPGP?{%{SIGPGP:pgpsig}}:{}|}|}|\t%{INSTALLTIME}\n' |
    sed -E 's/\t[^\t]*[Kk]ey ID ([0-9a-fA-F]+)\t/\t\1\t/' | sort
}

# name.arch, why it was installed, from which repository
package_reasons() {
  mkdir -p "$scratch/dnf"
  cp /var/lib/dnf/history.sqlite* "$scratch/dnf"
  dnf -q -C --setopt=plugins=0 --disablerepo='*' --setopt=cachedir="$scratch/dnf" --setopt=logdir="$scratch/dnf" --setopt=persistdir="$scratch/dnf" \
    repoquery --installed --qf '%{name}.%{arch}\t%{reason}\t%{from_repo}\n' | sed 's/\\t/\t/g' | grep . | sort
}

database_check() { rpmdb --dbpath "$scratch/rpm" --verifydb; }

# Exit status 1 of rpm -V means differences, which are the facts looked for.
package_verify() {
  rpm --dbpath "$scratch/rpm" -Va --nodeps --noscripts 2>"$scratch/verify-errors" | grep -vE '^[.?]{7}T?[.?]*  ' | head -300
  grep -v '^$' "$scratch/verify-errors" >&2
  true
}

policy_modules() {
  for module in /var/lib/selinux/*/active/modules/*/*; do [ ! -d "$module" ] || printf '%s\n' "${module##*/}"; done | sort -u
}

boot_files() { find /boot -type f -printf '%s\t%T@\t%p\n'; }

kernels() {
  for folder in /lib/modules/*; do
    kernel=${folder##*/}
    [ ! -e "$folder/modules.dep" ] || if [ -e "$folder/vmlinuz" ] || [ -e "/boot/vmlinuz-$kernel" ]; then printf '%s\n' "$kernel"; fi
  done
}

# Lines of modules.dep, modules.builtin or of a file list → names of modules.
module_names() { sed -n -E -e 's/:.*//' -e 's#^(.*/)?([^/]+)\.ko(\.[a-z0-9]+)?$#\2#p' | tr - _ | sort -u; }

# Modules that the recipe or modules-load.d wants loaded, and drivers that the initramfs must be able to load.
loaded_modules() {
  wanted module
  sed -e '/^[[:space:]]*[#;]/d' -e '/^[[:space:]]*$/d' /etc/modules-load.d/*.conf /usr/lib/modules-load.d/*.conf 2>/dev/null
}

# kernel, "file", "builtin" or "absent", module: for each module that the command given prints
module_kinds() {
  "$@" | tr -d ' \t' | tr - _ | sort -u >"$scratch/modules"
  kernels | while IFS= read -r kernel; do
    awk -v kernel="$kernel" -v OFS='\t' '
      FILENAME ~ /modules$/ { print kernel, ($0 in kind) ? kind[$0] : "absent", $0; next }
      {
        sub(/:.*/, "")
        sub(/.*\//, "")
        if (!sub(/\.ko(\.[a-z0-9]+)?$/, "")) next
        gsub(/-/, "_")
        kind[$0] = FILENAME ~ /builtin$/ ? "builtin" : "file"
      }
    ' "/lib/modules/$kernel/modules.dep" "/lib/modules/$kernel/modules.builtin" "$scratch/modules"
  done
}

# What a cpio archive on stdin holds. GNU cpio would read blocks of 512 bytes.
archive_paths() { cpio -it --quiet --io-size=1048576; }

first_bytes() { head -c 6 | od -An -tx1 | tr -d ' \n'; }

# What an initramfs holds: the answer of lsinitrd, which decompresses the archive once per question, and has four.
initramfs_paths() {
  unskipped='cat'
  if [ "$(first_bytes <"$1")" = 303730373031 ]; then
    archive_paths <"$1" >"$scratch/front" || return 1
    cat "$scratch/front"
    # Microcode stands in an archive of its own in front, for the kernel to find it before it can decompress.
    grep -qE '^(early_cpio|kernel/.*/microcode/.*\.bin)$' "$scratch/front" || return 0
    unskipped=/usr/lib/dracut/skipcpio
  fi
  case $("$unskipped" "$1" 2>/dev/null | first_bytes) in
  303730373031) decompress='cat' ;;
  1f8b*) decompress='zcat' ;;
  28b52ffd*) decompress='zstd -dc' ;;
  425a68*) decompress='bzcat' ;;
  0221*) decompress='lz4 -dc' ;;
  894c5a4f00*) decompress='lzop -dc' ;;
  *) decompress='xzcat --single-stream' ;;
  esac
  "$unskipped" "$1" | $decompress | archive_paths
}

# "=kernel path", then "module NAME" for what it holds and "host-only PATH" for traces of the machine that built it.
# The markers are dracut's: strict host-only lists, the root device of the build host, hooks that wait for its disks.
initramfs() {
  kernels | while IFS= read -r kernel; do
    for image in "/boot/initramfs-$kernel.img" "/boot/initrd.img-$kernel" "/boot/initrd-$kernel"; do
      [ -f "$image" ] || continue
      printf '=%s %s\n' "$kernel" "$image"
      initramfs_paths "$image" >"$scratch/unsorted" || exit 1
      sort "$scratch/unsorted" >"$scratch/initramfs"
      module_names <"$scratch/initramfs" | sed 's/^/module /'
      grep -oE '(usr/)?lib/dracut/hostonly-kernel-modules\.txt|etc/cmdline\.d/[0-9]*-?root-?dev\.conf|[^ ]*/devexists-[^ ]*' \
        "$scratch/initramfs" | sed 's/^/host-only /'
    done
  done
}

# unit, state, for the units given. systemd up to 252 stops at a unit it does not know, after a line for each before it:
# that one has no state, and those behind it are asked for anew.
unit_states() {
  while [ $# -gt 0 ]; do
    systemctl --root=/ is-enabled -- "$@" >"$scratch/states" 2>/dev/null
    while [ $# -gt 0 ] && IFS= read -r state; do
      printf '%s\t%s\n' "$1" "$state"
      shift
    done <"$scratch/states"
    [ $# -eq 0 ] || { printf '%s\t\n' "$1"; shift; }
  done
}

units() {
  set --
  while IFS= read -r unit; do
    # systemctl answers for init scripts before it answers for units: each of them is asked for alone.
    if [ -e "/etc/init.d/${unit%.service}" ]; then
      unit_states "$@"
      unit_states "$unit"
      set --
    else
      set -- "$@" "$unit"
    fi
  done <"$scratch/wanted-unit"
  unit_states "$@"
}

default_target() { systemctl --root=/ get-default; }

# -L makes "type l" mean: a link that leads nowhere.
dangling_units() { find -L /etc/systemd/system -type l 2>/dev/null | head -20; }

# sha256 of the DER form of each certificate in a PEM file, without openssl. awk decodes: 150 of base64 would take seconds.
certificate_digests() {
  awk -v prefix="$scratch/certificate-" '
    BEGIN {
      digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
      for (n = 0; n < 64; n++) value[substr(digits, n + 1, 1)] = n
    }
    function write_byte(file) {
      size -= 8
      printf "%c", int(bits / 2 ^ size) >file
      bits %= 2 ^ size
    }
    /-----BEGIN (TRUSTED )?CERTIFICATE-----/ { file = prefix (++count); bits = size = 0; next }
    /-----END/ { if (file != "") close(file); file = "" }
    file != "" {
      for (n = 1; n <= length($0); n++) {
        digit = substr($0, n, 1)
        if (!(digit in value)) continue
        bits = bits * 64 + value[digit]
        if ((size += 6) >= 8) write_byte(file)
      }
    }
  ' "$2"
  [ -f "$scratch/certificate-1" ] || return 0
  sha256sum "$scratch"/certificate-* >"$scratch/certificate.sums"
  while read -r digest _; do
    printf '%s\t%s\t%s\n' "$1" "$digest" "$2"
  done <"$scratch/certificate.sums"
  rm -f "$scratch"/certificate-*
}

# Only those that the recipe names: a bundle holds some 150 others.
certificates() {
  [ -s "$scratch/wanted-certificate" ] || return 0
  for anchor in /etc/pki/ca-trust/source/anchors/* /usr/local/share/ca-certificates/*.crt; do
    [ ! -f "$anchor" ] || certificate_digests anchor "$anchor"
  done
  for bundle in /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem /etc/ssl/certs/ca-certificates.crt; do
    [ ! -f "$bundle" ] || { certificate_digests bundle "$bundle" | grep -F -f "$scratch/wanted-certificate"; break; }
  done
  true
}

# What is mounted over at boot needs no label; nor can the ESP have one.
unlabelled() {
  find / /boot -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /boot/efi \) -prune -o -printf '%Z\t%p\n' 2>/dev/null |
    awk -F '\t' '$1 == "" || $1 ~ /:unlabeled_t:/ { n++; if (n <= 20) print $2 } END { print "total " n + 0 }'
}

# What the image's own policy would label differently. -m: without SELinux in the kernel no mount is marked as labelled,
# and setfiles would skip them all; -n changes nothing.
mislabelled() {
  type=$(sed -n 's/^SELINUXTYPE=[[:space:]]*//p' /etc/selinux/config)
  setfiles -n -v -m -e /proc -e /sys -e /dev -e /run -e /boot/efi -e /tmp -e /var/tmp \
    "/etc/selinux/$type/contexts/files/file_contexts" / /boot >"$scratch/labels" || return 1
  grep '^Would relabel' "$scratch/labels" | head -20
  printf 'total %d\n' "$(grep -c '^Would relabel' "$scratch/labels")"
}

free_space() { df -P -k / /boot; }

section os-release 4000 cat /etc/os-release
section copy-rpm-database 1000 copy_rpm_database
section packages 300000 packages
section package-reasons 100000 package_reasons
section package-verify 40000 package_verify
section database-check 4000 database_check
section paths 60000 paths
section digests 30000 digests
section directory-entries 10000 directory_entries
section globs 30000 globs
section accounts 20000 accounts
section sudo 10000 without_comments /etc/sudoers /etc/sudoers.d/*
section home-files 10000 home_files
section secrets 10000 secrets
section network-identity 4000 network_identity
section temporary-files 4000 temporary_files
section log-kilobytes 100 log_kilobytes
section package-cache 4000 package_cache
section host-names 10000 contents /etc/hostname /etc/hosts /etc/resolv.conf
section repositories 60000 repositories
section repository-keys 10000 find /etc/pki/rpm-gpg -type f
section policy-modules 30000 policy_modules
section boot-entries 30000 contents /boot/loader/entries/*.conf
section boot-configuration 20000 contents /etc/kernel/cmdline /etc/default/grub /boot/grub2/grubenv /etc/fstab
section boot-files 60000 boot_files
section esp-configuration 10000 contents /boot/efi/EFI/*/grub.cfg
section kernels 4000 kernels
section kernel-modules 30000 module_kinds loaded_modules
section drivers 10000 module_kinds wanted driver
section initramfs 100000 initramfs
section firewall 60000 contents /etc/sysconfig/iptables /etc/sysconfig/ip6tables
section sysctls 60000 without_comments /usr/lib/sysctl.d/*.conf /usr/local/lib/sysctl.d/*.conf /etc/sysctl.d/*.conf /etc/sysctl.conf
section network-manager 20000 without_comments /usr/lib/NetworkManager/conf.d/*.conf /etc/NetworkManager/NetworkManager.conf /etc/NetworkManager/conf.d/*.conf
section dispatcher 40000 contents /etc/NetworkManager/dispatcher.d/*
section registries 20000 registries
section cloud-configuration 40000 without_comments /etc/cloud/cloud.cfg /etc/cloud/cloud.cfg.d/*.cfg
section golden-release 4000 contents /etc/golden-release
section certificates 40000 certificates
section units 20000 units
section presets 60000 without_comments /etc/systemd/system-preset/*.preset /usr/lib/systemd/system-preset/*.preset
section default-target 1000 default_target
section dangling-units 4000 dangling_units
section selinux-configuration 4000 contents /etc/selinux/config
section unlabelled 10000 unlabelled
section mislabelled 10000 mislabelled
section free-space 1000 free_space
print_sections
