/**
 * Steps that prepare repositories and change packages. dnf runs inside the image; each transaction enables the recipe's own
 * repositories for itself alone (facts/golden-images.md D8, D9, D23, D24, D28).
 */
import type { ResolvedRecipe } from './model.ts';
import { words } from './step-script.ts';

/** Newest builds, no weak dependencies (they bring firmware back), no cache left behind. */
function dnf(recipe: ResolvedRecipe): string {
  const enabled = recipe.repositories.map(({ id }) => `--enablerepo=${id}`);
  return `dnf -y --best ${['--setopt=install_weak_deps=False', '--setopt=keepcache=0', ...enabled].join(' ')}`;
}

/** Trust anchors have to work before anything is fetched over TLS. */
export const TRUST_CERTIFICATES = 'update-ca-trust';

/**
 * Switches off the base image's own repositories that the recipe replaces, or all of them. Run again after the packages:
 * an update may have brought a repository file back.
 */
export function disableRepositories(recipe: ResolvedRecipe): string {
  const replaced = recipe.repositories.flatMap((repository) => repository.replaces);
  const wanted = recipe.otherRepositories === 'disable' ? 'all' : replaced.join(' ');
  const ours = recipe.repositories.map(({ id }) => `/etc/yum.repos.d/${id}.repo`);
  return `ours=' ${ours.join(' ')} '
for file in /etc/yum.repos.d/*.repo; do
    [ -f "$file" ] || continue
    case $ours in *" $file "*) continue ;; esac
    awk -v wanted=' ${wanted} ' '
        /^[[:space:]]*\\[.*\\]/ {
            id = $0
            gsub(/^[[:space:]]*\\[|\\].*$/, "", id)
            off = wanted == " all " || index(wanted, " " id " ") > 0
            print
            if (off) print "enabled=0"
            next
        }
        off && /^[[:space:]]*enabled[[:space:]]*=/ { next }
        { print }
    ' "$file" >"$file.new"
    if cmp -s "$file" "$file.new"; then rm "$file.new"; continue; fi
    cat "$file.new" >"$file"
    rm "$file.new"
    echo "repositories switched off in $file"
done`;
}

/** Takes away what must not be there; before the installation, since some of it conflicts with what is installed. */
export function removePackages(recipe: ResolvedRecipe): string {
  return `found=''
for name in ${words(recipe.packages.absent)}; do
    if rpm -q "$name" >/dev/null 2>&1; then found="$found $name"; fi
done
if [ -z "$found" ]; then
    echo 'none of the unwanted packages is installed'
else
    # shellcheck disable=SC2086 # names of packages, one word each
    dnf -y --disablerepo='*' remove $found
fi`;
}

export function updatePackages(recipe: ResolvedRecipe): string {
  return `${dnf(recipe)} upgrade`;
}

export function installPackages(recipe: ResolvedRecipe): string {
  return `${dnf(recipe)} install ${words(recipe.packages.install)}`;
}

/** Begins the line of one pending security update; the builder hands these lines to the proof (rule PKG-7). */
export const PENDING_UPDATE = 'pending security update: ';
/** Ends the list, so that an empty one can be told from one that was never made. */
export const PENDING_UPDATES_END = 'pending security updates: ';

/** Lists advisories for installed packages that this bake has not applied; says how many, whatever their number. */
export function listPendingUpdates(recipe: ResolvedRecipe): string {
  return `list=$(${dnf(recipe)} --quiet updateinfo list --security)
count=0
while IFS= read -r line; do
    [ -n "$line" ] || continue
    count=$((count + 1))
    echo "${PENDING_UPDATE}$line"
done <<END
$list
END
echo "${PENDING_UPDATES_END}$count"`;
}

/** dnf has said that all is well; this asks rpm, and names each package that is not as the recipe wants it. */
export function checkPackages(recipe: ResolvedRecipe): string {
  const { install, absent } = recipe.packages;
  const missing = `for name in ${words(install)}; do
    rpm -q --whatprovides "$name" >/dev/null 2>&1 || { echo "the package $name is not installed"; bad=1; }
done`;
  const unwanted = `for name in ${words(absent)}; do
    ! rpm -q "$name" >/dev/null 2>&1 || { echo "the package $name is installed"; bad=1; }
done`;
  return ['bad=0', install.length > 0 && missing, absent.length > 0 && unwanted, '[ "$bad" -eq 0 ]']
    .filter(Boolean)
    .join('\n');
}
