# shellcheck shell=sh disable=SC2154 # scratch and spec64 are written above by the caller
# The facts inside the image (facts/golden-images.md §4.2–4.6), collected in a chroot whose root is mounted read-only.
# Comes after section.sh and after the two lines scratch='…' and spec64='…' that the caller writes. The spec holds one
# "kind value" per line; values are data and never evaluated. Needs POSIX sh, awk, sed, GNU find and rpm, nothing else.
# scratch lies on the appliance's /dev, the only place here that can be written.
mkdir -p "$scratch"
export TMPDIR="$scratch"
printf '%s' "$spec64" | base64 -d >"$scratch/spec"

# Values of one kind, one per line.
wanted() { sed -n "s/^$1 //p" "$scratch/spec"; }

# type, mode, owner, group, size, mtime, SELinux context, link target, path
describe() {
  if [ -e "$1" ] || [ -L "$1" ]; then
    find "$1" -maxdepth 0 -printf '%y\t%m\t%u\t%g\t%s\t%T@\t%Z\t%l\t%p\n' 2>/dev/null
  else
    printf '%s\t\t\t\t\t\t\t\t%s\n' absent "$1"
  fi
}

paths() {
  { wanted path; wanted file; wanted directory; } | while IFS= read -r path; do describe "$path"; done
  true # find fails where a file has no label, and has printed the line all the same
}

digests() {
  wanted file | while IFS= read -r path; do [ ! -f "$path" ] || sha256sum "$path"; done
}

directory_entries() {
  wanted directory | while IFS= read -r path; do
    [ ! -d "$path" ] || printf '%s\t%s\n' "$(find "$path" -mindepth 1 -maxdepth 1 | wc -l)" "$path"
  done
}

# Pathname expansion is all that happens to an unquoted variable when IFS is empty: a pattern cannot run anything.
globs() {
  wanted glob | while IFS= read -r pattern; do
    IFS=''
    count=0
    for match in $pattern; do
      { [ -e "$match" ] || [ -L "$match" ]; } || continue
      count=$((count + 1))
      [ "$count" -gt 20 ] || printf '%s\t%s\n' "$pattern" "$match"
    done
    IFS=' '
  done
}

# Text files in one section: "=path", then each line behind a "|".
contents() {
  for path in "$@"; do
    [ -f "$path" ] || continue
    printf '=%s\n' "$path"
    sed 's/^/|/' "$path"
  done
}

without_comments() { contents "$@" | sed -E '/^\|[[:space:]]*([#;].*)?$/d'; }

# Passwords in repository files are a finding; their values are nobody's business.
repositories() {
  contents /etc/yum.repos.d/*.repo | sed -E 's/^(\|[[:space:]]*(password|proxy_password|username)[[:space:]]*=).*/\1(set)/; s#//[^/@ ]*@#//(set)@#'
}

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
  dnf -q -C --disablerepo='*' --setopt=cachedir="$scratch/dnf" --setopt=logdir="$scratch/dnf" --setopt=persistdir="$scratch/dnf" \
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
    module_names <"/lib/modules/$kernel/modules.dep" >"$scratch/loadable"
    module_names <"/lib/modules/$kernel/modules.builtin" >"$scratch/builtin"
    while IFS= read -r module; do
      kind=absent
      ! grep -qxF "$module" "$scratch/loadable" || kind='file'
      ! grep -qxF "$module" "$scratch/builtin" || kind=builtin
      printf '%s\t%s\t%s\n' "$kernel" "$kind" "$module"
    done <"$scratch/modules"
  done
}

# "=kernel path", then "module NAME" for what it holds and "host-only PATH" for traces of the machine that built it.
# The markers are dracut's: strict host-only lists, the root device of the build host, hooks that wait for its disks.
initramfs() {
  kernels | while IFS= read -r kernel; do
    for image in "/boot/initramfs-$kernel.img" "/boot/initrd.img-$kernel" "/boot/initrd-$kernel"; do
      [ -f "$image" ] || continue
      printf '=%s %s\n' "$kernel" "$image"
      lsinitrd "$image" >"$scratch/initramfs" || exit 1
      awk '{ print $9 }' "$scratch/initramfs" | module_names | sed 's/^/module /'
      grep -oE '(usr/)?lib/dracut/hostonly-kernel-modules\.txt|etc/cmdline\.d/[0-9]*-?root-?dev\.conf|[^ ]*/devexists-[^ ]*' \
        "$scratch/initramfs" | sed 's/^/host-only /'
    done
  done
}

units() {
  wanted unit | while IFS= read -r unit; do
    printf '%s\t%s\n' "$unit" "$(systemctl --root=/ is-enabled -- "$unit" 2>/dev/null | head -1)"
  done
}

default_target() { systemctl --root=/ get-default; }

# -L makes "type l" mean: a link that leads nowhere.
dangling_units() { find -L /etc/systemd/system -type l 2>/dev/null | head -20; }

# sha256 of the DER form of each certificate in a PEM file, without openssl.
certificate_digests() {
  awk -v prefix="$scratch/certificate-" '
    /-----BEGIN (TRUSTED )?CERTIFICATE-----/ { n++; inside = 1; next }
    /-----END/ { inside = 0; if (n) close(prefix n) }
    inside { print > (prefix n) }
  ' "$2"
  for part in "$scratch"/certificate-*; do
    [ ! -f "$part" ] || printf '%s\t%s\t%s\n' "$1" "$(base64 -d "$part" | sha256sum | cut -d' ' -f1)" "$2"
  done
  rm -f "$scratch"/certificate-*
}

# Only those that the recipe names: a bundle holds some 150 others.
certificates() {
  wanted certificate >"$scratch/certificates"
  [ -s "$scratch/certificates" ] || return 0
  for anchor in /etc/pki/ca-trust/source/anchors/* /usr/local/share/ca-certificates/*.crt; do
    [ ! -f "$anchor" ] || certificate_digests anchor "$anchor"
  done
  for bundle in /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem /etc/ssl/certs/ca-certificates.crt; do
    [ ! -f "$bundle" ] || { certificate_digests bundle "$bundle" | grep -F -f "$scratch/certificates"; break; }
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
