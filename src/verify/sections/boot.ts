/** The boot path: boot loader entries, kernels, their modules and initial RAM filesystems. */
import { blocks, columns, textFiles } from './text.ts';

/** A boot loader specification entry (type #1, uapi-group.org/specifications/specs/boot_loader_specification). */
export interface BootEntry {
  /** File name without `.conf`: what `saved_entry` names. */
  readonly id: string;
  readonly path: string;
  readonly version?: string | undefined;
  readonly linux?: string | undefined;
  readonly initrd: readonly string[];
  /** Kernel arguments in order, quotes kept; variables such as `$tuned_params` left as they are. */
  readonly options: readonly string[];
}

export interface BootFile {
  readonly path: string;
  readonly size: number;
  /** Seconds since the epoch. */
  readonly modified: number;
}

export interface ModuleKind {
  readonly kernel: string;
  readonly kind: 'file' | 'builtin' | 'absent';
  readonly module: string;
}

export interface Initramfs {
  readonly kernel: string;
  readonly path: string;
  readonly modules: readonly string[];
  /** Paths inside that only a build for one machine has. */
  readonly hostOnly: readonly string[];
}

/** Splits a kernel command line at blanks outside double quotes. */
export function kernelArguments(line: string): string[] {
  return line.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
}

/** The .conf files of /boot/loader/entries. */
export function readBootEntries(text: string): BootEntry[] {
  return textFiles(text).map(({ path, lines }) => {
    const values = (key: string) =>
      lines
        .filter((line) => new RegExp(`^${key}\\s`).test(line))
        .map((line) => line.slice(key.length).trim());
    return {
      id: path.replace(/^.*\//, '').replace(/\.conf$/, ''),
      path,
      version: values('version')[0],
      linux: values('linux')[0],
      initrd: values('initrd').flatMap((value) => value.split(/\s+/)),
      options: values('options').flatMap(kernelArguments),
    };
  });
}

/** size, modification time, path. */
export function readBootFiles(text: string): BootFile[] {
  return columns(text, 3).map(([size, modified, path]) => ({
    path: path!,
    size: Number(size),
    modified: Number(modified),
  }));
}

/** kernel, kind, module. */
export function readModuleKinds(text: string): ModuleKind[] {
  return columns(text, 3).map(([kernel, kind, module]) => ({
    kernel: kernel!,
    kind: kind === 'file' || kind === 'builtin' ? kind : 'absent',
    module: module!,
  }));
}

/** `=kernel path` blocks of `module NAME` and `host-only PATH`. */
export function readInitramfs(text: string): Initramfs[] {
  const named = (body: readonly string[], word: string) =>
    body.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  return blocks(text).map(({ head, body }) => ({
    kernel: head.split(' ')[0]!,
    path: head.split(' ').slice(1).join(' '),
    modules: named(body, 'module'),
    hostOnly: named(body, 'host-only'),
  }));
}
