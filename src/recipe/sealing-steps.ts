/**
 * The last steps: whatever belongs to one machine goes, every file gets its SELinux label, and then nothing is written any more
 * but what cannot be helped (facts/golden-images.md D16, D17, D20, HYG-1…12; facts/harvester.md §8.2).
 */
import type { ResolvedRecipe } from './model.ts';

/** Where the relabelled, empty resolv.conf waits; see {@link relabel}. */
export const SEALED_RESOLV_CONF = '/etc/.resolv.conf.sealed';

/** Set last, through libguestfs and not by a script. */
const EMPTIED_LATER = ['/etc/machine-id', '/etc/resolv.conf'];

export function seal({ sealing }: ResolvedRecipe): string {
  const emptied = sealing.emptied.filter((path) => !EMPTIED_LATER.includes(path));
  return `if command -v cloud-init >/dev/null 2>&1; then cloud-init clean --logs --seed; fi
dnf -q clean all
[ -L /var/lib/dbus/machine-id ] || rm -f /var/lib/dbus/machine-id
# Logs keep their files, owners and modes, and lose what is in them; those of dnf and rpm begin anew on the node.
find /var/log -type f -exec truncate -s 0 {} +
${sealing.removed.map((pattern) => `rm -rf -- ${pattern}`).join('\n')}
${emptied.map((path) => `: >${path}`).join('\n')}
[ -e /etc/machine-id ] || : >/etc/machine-id`;
}

/**
 * Labels every file by the image's own policy. libguestfs has a relabelling of its own, but it answers any failure with
 * /.autorelabel: a slow first boot that ends in a reboot. This one fails.
 *
 * While a command runs, libguestfs keeps the image's resolv.conf under another name and a copy of the appliance's in its place.
 * The label is right for the copy only, so it is kept by a second name and becomes the image's in the next step.
 */
export function relabel({ selinux, sealing }: ResolvedRecipe): string {
  const resolvConf = sealing.emptied.includes('/etc/resolv.conf')
    ? `
[ -e /etc/resolv.conf ] || : >/etc/resolv.conf
ln -f /etc/resolv.conf ${SEALED_RESOLV_CONF}
chmod 0644 ${SEALED_RESOLV_CONF}
: >${SEALED_RESOLV_CONF}`
    : '';
  return `contexts=/etc/selinux/${selinux.type}/contexts/files/file_contexts
[ -s "$contexts" ] || { echo "the policy has no $contexts"; exit 1; }
# What holds no labels is left out; what is mounted below / is named, for older setfiles does not cross filesystems.
set -- -F -m
for folder in /proc /sys /dev /run; do set -- "$@" -e "$folder"; done
mounted=''
while read -r _ point type _; do
    case $point in /proc* | /sys* | /dev* | /run* | /) continue ;; esac
    case $type in
        vfat | iso9660 | tmpfs) set -- "$@" -e "$point" ;;
        *) mounted="$mounted $point" ;;
    esac
done </proc/mounts
# shellcheck disable=SC2086 # mount points, one word each
/usr/sbin/setfiles "$@" "$contexts" / $mounted
rm -f /.autorelabel${resolvConf}
echo "labelled by $contexts: /$mounted"`;
}
