/** What NetworkManager's configuration and scripts mean for an interface (NetworkManager.conf(5), NetworkManager-dispatcher(8)). */
import type { TextFile } from './sections/text.ts';

/** The script that routes the answers of a second interface. */
export function dispatcherScript(scripts: readonly TextFile[]): TextFile | undefined {
  return scripts.find(({ path }) => path === '/etc/NetworkManager/dispatcher.d/10-ingress-routing');
}

/** Whether `unmanaged-devices` takes an interface away from NetworkManager. `except:` entries take it back. */
export function managedByNobody(files: readonly TextFile[], name: string): boolean {
  const entries = files
    .flatMap((file) => file.lines)
    .map((line) => /^\s*unmanaged-devices\s*\+?=\s*(.*)$/.exec(line)?.[1] ?? '')
    .flatMap((value) => value.split(/[;,]/))
    .map((entry) => entry.trim());
  const means = (entry: string) => entry === '*' || matchesName(entry, name);
  const excepted = entries.some(
    (entry) => entry.startsWith('except:') && means(entry.slice('except:'.length)),
  );
  return !excepted && entries.some(means);
}

function matchesName(entry: string, name: string): boolean {
  const pattern = /^interface-name:=?(.*)$/.exec(entry)?.[1];
  if (pattern === undefined) return entry === 'type:ethernet';
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(name);
}
