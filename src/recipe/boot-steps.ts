/**
 * Steps for the boot path: kernel command line, initramfs, Boot Loader Specification entries. A kernel package that is
 * installed inside an appliance takes the appliance's command line for the image's unless /etc/kernel/cmdline says otherwise;
 * so that file comes before the first package, and a verifying fix after the last one (facts/golden-images.md D18, D19).
 */
import type { KernelCommandLine } from './model.ts';
import { wordLines } from './step-script.ts';

/** Shell functions that take unwanted arguments out of a command line and put required ones in. */
function commandLineFunctions({ required, forbidden }: KernelCommandLine): string {
  return `root_uuid() {
    device=$(awk '$2 == "/" { found = $1 } END { print found }' /proc/mounts)
    blkid -o value -s UUID "$device"
}

is_forbidden() {
    for unwanted in \\
${wordLines(forbidden, '        ')}; do
        case $1 in "$unwanted" | "$unwanted"=*) return 0 ;; esac
    done
    return 1
}

# Prints a command line: the right root first, then what is given and allowed, then what is required and missing.
clean_command_line() {
    line="root=UUID=$uuid ro"
    for argument in "$@" \\
${wordLines(required, '        ')}; do
        case $argument in
            root=* | ro | rw | BOOT_IMAGE=* | initrd=* | '$'*) continue ;;
        esac
        is_forbidden "$argument" && continue
        case " $line " in *" $argument "*) continue ;; esac
        line="$line $argument"
    done
    printf '%s\\n' "$line"
}

uuid=$(root_uuid)
[ -n "$uuid" ] || { echo 'the root filesystem has no UUID'; exit 1; }`;
}

const ENTRIES = '/boot/loader/entries/*.conf';

/**
 * Writes /etc/kernel/cmdline from the base image's newest boot entry, cleaned, and brings /etc/default/grub in line.
 */
export function writeCommandLine(commandLine: KernelCommandLine): string {
  return `${commandLineFunctions(commandLine)}

newest=''
for entry in ${ENTRIES}; do
    case $entry in *rescue*) continue ;; esac
    [ -f "$entry" ] || continue
    newest=$(printf '%s\\n' "$newest" "$entry" | sort -V | tail -n 1)
done
options=''
[ -z "$newest" ] || options=$(sed -n 's/^options[[:space:]]*//p' "$newest")
set -f
# shellcheck disable=SC2086 # arguments, one word each
cmdline=$(clean_command_line $options)
set +f
mkdir -p /etc/kernel
printf '%s\\n' "$cmdline" >/etc/kernel/cmdline
chmod 0644 /etc/kernel/cmdline
echo "kernel command line: $cmdline"
if [ -f /etc/default/grub ]; then
    arguments=\${cmdline#root=UUID=* ro}
    ARGUMENTS=\${arguments# } awk '
        function line() { return "GRUB_CMDLINE_LINUX=\\"" ENVIRON["ARGUMENTS"] "\\"" }
        /^GRUB_CMDLINE_LINUX=/ { if (!done) print line(); done = 1; next }
        { print }
        END { if (!done) print line() }
    ' /etc/default/grub >/etc/default/grub.new
    cat /etc/default/grub.new >/etc/default/grub
    rm /etc/default/grub.new
fi`;
}

/**
 * A generic initramfs for every installed kernel: those that have both an image in /boot and modules. Left-over module
 * directories are passed over; no kernel at all, or one that fails, ends the step.
 */
export const REBUILD_INITRAMFS = `made=0
for kernel in /boot/vmlinuz-*; do
    version=\${kernel#/boot/vmlinuz-}
    case $version in *rescue* | '*') continue ;; esac
    [ -d "/usr/lib/modules/$version" ] || { echo "the kernel $version has no modules"; exit 1; }
    echo "initramfs for $version"
    dracut --force --no-hostonly --kver "$version" "/boot/initramfs-$version.img"
    [ -s "/boot/initramfs-$version.img" ] || { echo "dracut made no initramfs for $version"; exit 1; }
    made=$((made + 1))
done
[ "$made" -gt 0 ] || { echo 'no kernel is installed'; exit 1; }`;

/**
 * Sets the options of every boot entry to /etc/kernel/cmdline and makes the newest kernel the default; then refuses entries
 * whose kernel or initramfs does not exist, kernels without an entry, and whatever of the appliance is left.
 */
export function fixBootEntries(commandLine: KernelCommandLine): string {
  return `${commandLineFunctions(commandLine)}

set -f
# shellcheck disable=SC2046 # arguments, one word each
cmdline=$(clean_command_line $(cat /etc/kernel/cmdline))
set +f
printf '%s\\n' "$cmdline" >/etc/kernel/cmdline
# A boot file as its entry names it: below /boot where that is a filesystem of its own, else from the root.
exists() { [ -s "/boot$1" ] || [ -s "$1" ]; }
boot_files() { sed -n -E 's/^(linux|initrd)[[:space:]]+//p' "$1" | tr ' ' '\\n' | grep -v '^\\$'; }

count=0
default=''
for entry in ${ENTRIES}; do
    [ -f "$entry" ] || continue
    # Variables of GRUB, such as $tuned_params, are not for the kernel and stay.
    variables=$(sed -n 's/^options[[:space:]]*//p' "$entry" | tr ' ' '\\n' | { grep '^\\$' || :; } | paste -s -d ' ' -)
    OPTIONS="$cmdline\${variables:+ $variables}" awk '
        $1 == "options" { if (!done) print "options " ENVIRON["OPTIONS"]; done = 1; next }
        { print }
        END { if (!done) print "options " ENVIRON["OPTIONS"] }
    ' "$entry" >"$entry.new"
    cat "$entry.new" >"$entry"
    rm "$entry.new"
    missing=$(boot_files "$entry" | while read -r file; do exists "$file" || echo "$file"; done)
    [ -z "$missing" ] || { echo "$entry names what does not exist: $missing"; exit 1; }
    count=$((count + 1))
    case $entry in *rescue*) continue ;; esac
    version=$(awk '$1 == "version" { print $2 }' "$entry")
    default=$(printf '%s\\n' "$default" "$version $(basename "$entry" .conf)" | sort -V | tail -n 1)
done
[ -n "$default" ] || { echo 'there is no boot entry'; exit 1; }

for kernel in /boot/vmlinuz-*; do
    version=\${kernel#/boot/vmlinuz-}
    case $version in *rescue*) continue ;; esac
    grep -q "^version[[:space:]]*$version\\$" ${ENTRIES} || { echo "the kernel $version has no boot entry"; exit 1; }
done

default=\${default#* }
if command -v grub2-editenv >/dev/null 2>&1 && [ -f /boot/grub2/grubenv ]; then
    grub2-editenv /boot/grub2/grubenv set "saved_entry=$default"
fi
echo "$count boot entries, default $default: $cmdline"`;
}
