/**
 * What stands for a running pod: a folder for its volumes, and how commands see it. Its commands are programs of this machine; what they
 * name below a mount is led to the volume's folder, and nothing isolates them: the lab runs only what tests ask for.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../objects.ts';

/** Pods of these images run here; others wait for ever, as where nothing can be pulled. */
export const LAB_IMAGES = 'lab.rke2-actions.io/';
/** On a pod: JSON, port → `host:port` of the program that stands for what listens there. */
export const LISTENS = 'lab.rke2-actions.io/listens';

interface Mount {
  readonly name: string;
  readonly mountPath: string;
}

interface Spec {
  readonly containers: readonly {
    readonly workingDir?: string;
    readonly env?: readonly { readonly name: string; readonly value?: string }[];
    readonly volumeMounts?: readonly Mount[];
  }[];
  readonly volumes?: readonly SandboxVolume[];
}

export interface SandboxVolume {
  readonly name: string;
  readonly emptyDir?: object;
  readonly secret?: {
    readonly secretName: string;
    readonly defaultMode?: number;
    readonly items?: readonly { readonly key: string; readonly path: string }[];
  };
}

export function volumesOf(pod: Pod): readonly SandboxVolume[] {
  return (pod.spec as unknown as Spec).volumes ?? [];
}

export class PodSandbox {
  readonly name: string;
  private readonly folder: string;
  private readonly spec: Spec;
  private readonly listeners: Readonly<Record<string, string>>;

  constructor(pod: Pod, folder: string) {
    this.name = pod.metadata.name;
    this.folder = folder;
    this.spec = pod.spec as unknown as Spec;
    this.listeners = JSON.parse(pod.metadata.annotations?.[LISTENS] ?? '{}');
  }

  /** Makes the volumes; `secrets`: name → key → content. */
  async open(secrets: ReadonlyMap<string, Readonly<Record<string, Buffer>>>): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    for (const { name, secret } of this.spec.volumes ?? []) {
      const folder = join(this.folder, name);
      await mkdir(folder, { recursive: true });
      const content = secrets.get(secret?.secretName ?? '') ?? {};
      const items = secret?.items ?? Object.keys(content).map((key) => ({ key, path: key }));
      for (const { key, path } of items)
        await writeFile(join(folder, path), content[key] ?? '', { mode: secret?.defaultMode ?? 0o644 });
    }
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  get workingFolder(): string {
    return this.led(this.container.workingDir ?? '') || this.folder;
  }

  /** Of its first container; the PATH is this machine's. */
  get environment(): Record<string, string> {
    const own = (this.container.env ?? []).map(({ name, value = '' }) => [name, this.led(value)]);
    return { PATH: process.env.PATH ?? '', ...Object.fromEntries(own) };
  }

  onThisMachine(command: readonly string[]): string[] {
    return command.map((part) => this.led(part));
  }

  /** Where to connect to for a port of the pod. */
  listenerOf(port: number): { host: string; port: number } {
    const [host = '127.0.0.1', at = String(port)] = this.listeners[port]?.split(':') ?? [];
    return { host, port: Number(at) };
  }

  private get container() {
    return this.spec.containers[0]!;
  }

  /** `/work/in` → `<folder>/work/in`, for what begins with a mount. */
  private led(text: string): string {
    const mount = this.container.volumeMounts?.find(
      ({ mountPath }) => text === mountPath || text.startsWith(`${mountPath}/`),
    );
    return mount ? join(this.folder, mount.name, text.slice(mount.mountPath.length)) : text;
  }
}
