/**
 * What a recipe is once it is resolved: every variable replaced, every layer merged, every template rendered. This is
 * the one value from which the plan, the bake script, the expectations, the docs table and the fingerprint are made
 * (DESIGN §2 rule 3). Plain data; JSON in, JSON out.
 */

export interface ResolvedRecipe {
  readonly name: string;
  readonly description: string;
  /** Layers that were applied, in order. */
  readonly layers: readonly string[];
  readonly base: Base;
  readonly repositories: readonly Repository[];
  /** What happens to the repositories that the base image defines itself. */
  readonly otherRepositories: 'keep' | 'disable';
  /** Air gap: the only hosts that any URL, and any enabled repository of the image, may name. */
  readonly allowedHosts?: readonly string[];
  readonly packages: Packages;
  readonly files: readonly ImageFile[];
  readonly directories: readonly ImageDirectory[];
  /** sysctl key → value, written to one drop-in per origin by the recipe; here only for judging. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly kernelModules: readonly string[];
  readonly services: Services;
  readonly kernelCommandLine: KernelCommandLine;
  readonly initramfs: { readonly drivers: readonly string[] };
  /** Absent: the recipe does not manage a packet filter. */
  readonly firewall?: Firewall;
  /** Absent: the recipe knows of no second interface. */
  readonly ingress?: Ingress;
  /** Absent: the recipe writes no registries.yaml. */
  readonly registries?: Registries;
  readonly selinux: { readonly mode: 'enforcing' | 'permissive'; readonly type: string };
  /** CA certificates added to the image's trust store (and to the builder's). */
  readonly certificates: readonly Certificate[];
  readonly commands: readonly Command[];
  readonly downloads: readonly Download[];
  readonly sealing: Sealing;
  readonly image: ImageLimits;
}

export interface Base {
  readonly url: string;
  /** A BSD- or GNU-style checksum file; its sha256 line for the base's file name counts. */
  readonly checksumUrl?: string;
  /** Hex; given directly, or found through `checksumUrl` before the bake. */
  readonly sha256?: string;
  readonly arch: 'x86_64';
}

export interface Repository {
  readonly id: string;
  readonly name: string;
  readonly baseurl: string;
  /**
   * `file` is where the key is in the image. `armoured`: its text, baked as that file. `url` and `sha256`: it is among the
   * recipe's downloads. Neither: the base image has it. Never absent: gpgcheck is always on.
   */
  readonly gpgKey: {
    readonly file: string;
    readonly armoured?: string;
    readonly url?: string;
    readonly sha256?: string;
  };
  readonly repoGpgcheck: boolean;
  /** Whether the finished image has it enabled; during the bake every repository is. */
  readonly enabled: boolean;
  /** Ids of the base image's own repositories that are disabled in favour of this one. */
  readonly replaces: readonly string[];
}

export interface Packages {
  /** Bring all installed packages up to date first. */
  readonly update: boolean;
  readonly install: readonly string[];
  /** Must not be installed in the finished image; removed if the base has them. */
  readonly absent: readonly string[];
  /** Long OpenPGP key ids (16 hex digits, lower case) that may sign packages; empty: any key in the rpm keyring. */
  readonly signers: readonly string[];
  /** Fewer than this many packages means that the probe saw nothing. */
  readonly minimumCount: number;
}

export interface ImageFile {
  readonly path: string;
  /** Octal, four digits: `0600`. */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** SELinux type, e.g. `system_conf_t`. */
  readonly selinuxType?: string;
  readonly content: string;
  /** Which part of the recipe made it: `files`, `sysctls`, `firewall` … */
  readonly origin: string;
}

export interface ImageDirectory {
  readonly path: string;
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  readonly selinuxType?: string;
  readonly empty: boolean;
}

export interface Services {
  readonly enable: readonly string[];
  readonly disable: readonly string[];
  readonly mask: readonly string[];
}

export interface KernelCommandLine {
  /** Each must be on every entry: `net.ifnames=0`. */
  readonly required: readonly string[];
  /** Argument names (before `=`) or whole arguments that must be on no entry: `guestfs_network`, `selinux=0`. */
  readonly forbidden: readonly string[];
}

export interface Firewall {
  /** Complete iptables-restore input; the content of /etc/sysconfig/iptables and ip6tables. */
  readonly ipv4: string;
  readonly ipv6: string;
  /** The open ports the rules came from. */
  readonly ports: readonly OpenPort[];
}

export interface OpenPort {
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
  readonly from: number;
  readonly to: number;
  /** Only from these networks, if given. */
  readonly sources?: readonly string[];
  readonly interface?: string;
  readonly purpose: string;
}

/** The interface for what comes from outside the cluster, and how its answers find back. */
export interface Ingress {
  readonly interface: string;
  /** Number of the routing table of its own. */
  readonly table: number;
  /** Of the rules that lead to it. */
  readonly priority: number;
}

/** Where container images come from, as RKE2's registries.yaml has it. Credentials have no place here. */
export interface Registries {
  readonly mirrors: readonly RegistryMirror[];
  /** File in the image with the authority that the endpoints' certificates are from. */
  readonly caFile?: string;
}

export interface RegistryMirror {
  /** As in the name of an image: `docker.io`. */
  readonly registry: string;
  readonly endpoints: readonly string[];
  /** Regular expression over the repository → what it becomes at the endpoints. */
  readonly rewrite: Readonly<Record<string, string>>;
}

export interface Certificate {
  /** File name without extension in the trust anchors. */
  readonly name: string;
  readonly pem: string;
}

export interface Command {
  readonly id: string;
  readonly title: string;
  /** Body of a POSIX shell script, run in the image with `set -eu`. */
  readonly script: string;
  /** Shell variables set before the script. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Something fetched by the builder and placed into the image, locked by its digest. */
export interface Download {
  readonly url: string;
  readonly sha256: string;
  readonly path: string;
  readonly mode: string;
}

export interface Sealing {
  /** Glob patterns that must match nothing in the finished image. */
  readonly removed: readonly string[];
  /** Files that exist and are empty. */
  readonly emptied: readonly string[];
}

export interface ImageLimits {
  /** Bytes; the disk of the image is grown to this before the bake if it is smaller. */
  readonly virtualSize?: number;
  /** Bytes of the finished file; absent: no budget. */
  readonly maximumSize?: number;
  /** Percent of the root filesystem that must be free. */
  readonly minimumFreePercent: number;
}

/** What must hold in the finished image; read by the rules in `src/verify`. */
export interface Expectations {
  readonly recipe: { readonly name: string; readonly digest: string; readonly layers: readonly string[] };
  readonly packages: Omit<Packages, 'install' | 'update'> & { readonly present: readonly string[] };
  readonly repositories: readonly { readonly id: string; readonly enabled: boolean; readonly host: string }[];
  /** Given in an air-gapped recipe: every enabled repository's host must be one of these. */
  readonly allowedHosts?: readonly string[];
  readonly files: readonly FileExpectation[];
  readonly directories: readonly ImageDirectory[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly kernelModules: readonly string[];
  readonly services: Services;
  readonly kernelCommandLine: KernelCommandLine;
  readonly initramfs: { readonly drivers: readonly string[] };
  readonly firewall?: {
    readonly ipv4: string;
    readonly ipv6: string;
    readonly ports: readonly Omit<OpenPort, 'purpose'>[];
  };
  readonly ingress?: Ingress;
  readonly registries?: Registries;
  readonly selinux: { readonly mode: 'enforcing' | 'permissive'; readonly type: string };
  /** `sha256` is of the DER encoding, hex. */
  readonly certificates: readonly { readonly name: string; readonly sha256: string }[];
  readonly sealing: Sealing;
  readonly image: ImageLimits;
}

export interface FileExpectation {
  readonly path: string;
  readonly sha256: string;
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  readonly selinuxType?: string;
  readonly origin: string;
}

/**
 * The bake as `virt-customize --commands-from-file` takes it. Paths in `commands` that begin with `@STAGE@/` stand for
 * the folder that holds `files`; the builder replaces the token.
 */
export interface CustomizeScript {
  readonly commands: string;
  readonly files: readonly StagedFile[];
  /** One per line of `commands`, in order: what the reader of the log sees, and what a failure is named after. */
  readonly steps: readonly { readonly id: string; readonly title: string }[];
}

export interface StagedFile {
  /** Relative path below the stage. */
  readonly name: string;
  readonly content: string;
  readonly mode: string;
}
