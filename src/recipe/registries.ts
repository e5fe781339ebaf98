/**
 * registries.yaml of RKE2: which registry stands for which, how names change on the way, and whose certificates are trusted
 * (facts/harvester.md §7.5; RKE2 documentation, "Private Registry Configuration"). Never a credential: whoever has the image has its
 * files, so those come with cloud-init or from Rancher.
 */
import { stringify } from 'yaml';
import type { ImageFile, Registries } from './model.ts';

export const REGISTRIES_FILE = '/etc/rancher/rke2/registries.yaml';

export function registryFiles(registries: Registries | undefined): ImageFile[] {
  if (!registries) return [];
  return [
    {
      path: REGISTRIES_FILE,
      mode: '0600',
      owner: 'root',
      group: 'root',
      content: stringify(registriesDocument(registries), { lineWidth: 0 }),
      origin: 'registries',
    },
  ];
}

/** The document as RKE2 reads it. */
export function registriesDocument({ mirrors, caFile }: Registries): object {
  const hosts = new Set(mirrors.flatMap(({ endpoints }) => endpoints.map((url) => new URL(url).host)));
  const tls = { tls: { ca_file: caFile } };
  return {
    mirrors: Object.fromEntries(
      mirrors.map(({ registry, endpoints, rewrite }) => [
        registry,
        { endpoint: endpoints, ...(Object.keys(rewrite).length > 0 && { rewrite }) },
      ]),
    ),
    ...(caFile !== undefined && { configs: Object.fromEntries([...hosts].map((host) => [host, tls])) }),
  };
}
