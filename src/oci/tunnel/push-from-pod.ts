/**
 * A push by a pod inside the cluster: layouts go there once, over exec, and crane pushes them from its disk (facts/oci.md §6.3). What
 * the registry has already is not sent; what arrives is compared before it is pushed, and what crane says it pushed afterwards.
 */
import { createHash } from 'node:crypto';
import { EnvironmentError } from '../../base/errors.ts';
import { createOrAdopt } from '../../kube/create.ts';
import { isOfRun } from '../../kube/ownership.ts';
import { SECRETS } from '../../kube/resources.ts';
import type { Digest } from '../model.ts';
import type { Login } from '../registry/login/login.ts';
import { tarOf } from './layout-tar.ts';
import {
  announcePod,
  type ClusterContext,
  createPod,
  type PodHandle,
  podEnd,
  removePod,
  untilPodRuns,
} from './own-pod.ts';
import { type LoginSecret, loginSecret, PUSHER_CONTAINER, pusherPod, WORK } from './pusher-pod.ts';

/** Lines of crane's that go with an error. */
const EVIDENCE = 10;
/** Characters of a command's output that are kept. */
const OUTPUT_LIMIT = 64 << 10;

/** One manifest or index, with what is below it. */
export interface LayoutToPush {
  /** An OCI layout whose index.json names `digest` alone. */
  readonly folder: string;
  readonly digest: Digest;
  readonly repository: string;
  readonly tags: readonly string[];
  /** Where its repository has one of its own. */
  readonly login?: Login;
}

export interface PodPushRequest {
  /** As it stands in references, and as the pod reaches it. */
  readonly host: string;
  readonly layouts: readonly LayoutToPush[];
  readonly login: Login;
  /** PEM certificates that are trusted besides those of the image. */
  readonly ca: readonly string[];
  /** HTTP, or any certificate. */
  readonly insecure: boolean;
  /** With sh, head, tee, tar, sha256sum, mkfifo, sleep and crane. */
  readonly image: string;
  readonly pullSecrets: readonly string[];
  /** Milliseconds that the pod may live. */
  readonly life: number;
  /** Bytes that the pod has got so far. */
  readonly onProgress?: (bytes: number, total: number) => void;
}

export interface PodPushed {
  readonly repository: string;
  readonly digest: Digest;
  readonly changed: boolean;
}

/**
 * Pushes all layouts; resolves once each tag names its digest and nothing is left in the cluster. Throws EnvironmentError
 * PUSH_POD_FAILED, PUSH_POD_TRANSFER, PUSH_POD_REFUSED, PUSH_POD_DIGEST, KUBE_*.
 */
export async function pushFromPod(
  request: PodPushRequest,
  context: ClusterContext,
): Promise<readonly PodPushed[]> {
  const { size } = await tarOf(foldersOf(request, [...request.layouts.keys()]));
  const { handle, ...life } = announcePod({ prefix: 'oci-push', life: request.life, secret: true }, context);
  const pod = { ...request, ...handle, ...life, size, trusts: request.ca.length > 0 };
  try {
    const uid = await createPod(pusherPod(pod), context);
    const owner = { apiVersion: 'v1', kind: 'Pod', name: handle.name, uid };
    return await pushThrough(handle, loginSecret(pod, owner, request), { request, context });
  } finally {
    await removePod(handle, context);
  }
}

/** Name in the tar → folder, of some of the layouts. */
function foldersOf({ layouts }: PodPushRequest, indices: readonly number[]): Record<string, string> {
  return Object.fromEntries(indices.map((index) => [String(index), layouts[index]!.folder]));
}

/** Gives the pod its Secret, waits for it, and has it push. */
async function pushThrough(
  handle: PodHandle,
  secret: LoginSecret,
  { request, context }: { readonly request: PodPushRequest; readonly context: ClusterContext },
): Promise<readonly PodPushed[]> {
  const { kube, signal, runId } = context;
  try {
    await createOrAdopt(kube, SECRETS, secret, { ours: (found) => isOfRun(found, runId), signal });
    await untilPodRuns(handle, context);
    return await new Pusher(request, handle, context).push();
  } catch (error) {
    throw (await podEnd(handle, context)) ?? error;
  }
}

/** Counts what comes, hashes it on its way into tar, and prints the digest. */
const RECEIVE = `set -eu
mkdir in
mkfifo sum
sha256sum < sum > got &
head -c "$1" | tee sum | { tar -x -f - -C in && : > whole; cat > /dev/null; }
wait
rm sum
[ -e whole ]
cut -d ' ' -f 1 got`;

class Pusher {
  readonly #request: PodPushRequest;
  readonly #pod: PodHandle;
  readonly #context: ClusterContext;

  constructor(request: PodPushRequest, pod: PodHandle, context: ClusterContext) {
    this.#request = request;
    this.#pod = pod;
    this.#context = context;
  }

  async push(): Promise<readonly PodPushed[]> {
    const { layouts } = this.#request;
    const missing: number[] = [];
    for (const [index, layout] of layouts.entries()) if (!(await this.#isThere(layout))) missing.push(index);
    if (missing.length > 0) await this.#send(missing);
    for (const index of missing) await this.#pushLayout(index, layouts[index]!);
    return layouts.map(({ repository, digest }, index) => ({
      repository,
      digest,
      changed: missing.includes(index),
    }));
  }

  async #isThere({ repository, tags, digest }: LayoutToPush): Promise<boolean> {
    for (const tag of tags.length > 0 ? tags : [digest]) {
      const { code, stdout } = await this.#crane('digest', this.#reference(repository, tag));
      // Whatever else it may be: the push will tell.
      if (code !== 0 || stdout.trim() !== digest) return false;
    }
    return true;
  }

  /** Streams these layouts, each in a folder of its number; the pod says what arrived. */
  async #send(missing: readonly number[]): Promise<void> {
    const { onProgress } = this.#request;
    const tar = await tarOf(foldersOf(this.#request, missing));
    const hash = createHash('sha256');
    let sent = 0;
    async function* stdin() {
      for await (const chunk of tar.read()) {
        hash.update(chunk);
        sent += chunk.length;
        yield chunk;
        onProgress?.(sent, tar.size);
      }
    }
    const { code, stdout, stderr } = await this.#run(
      ['sh', '-c', RECEIVE, 'receive', String(tar.size)],
      stdin(),
    );
    const wanted = sent === tar.size && hash.digest('hex');
    if (code === 0 && stdout.trim() === wanted) return;
    const why = code === 0 ? 'other bytes arrived than were sent' : `it ended with exit code ${code}`;
    throw new EnvironmentError(
      'PUSH_POD_TRANSFER',
      `The images did not reach the pod ${this.#pod.name}: ${why}.`,
      {
        mend: 'Its disk may be full, or its image lacks sh, tar, tee, head, mkfifo or sha256sum.',
        evidence: lastLines(stderr),
      },
    );
  }

  async #pushLayout(index: number, { repository, tags, digest }: LayoutToPush): Promise<void> {
    const [first, ...others] = tags.length > 0 ? tags : [digest];
    const reference = this.#reference(repository, first!);
    const { code, stdout, stderr } = await this.#crane('push', `${WORK}/in/${index}`, reference);
    if (code !== 0) throw refused(reference, stderr);
    const pushed = /@(sha256:[0-9a-f]{64})\s*$/.exec(stdout)?.[1];
    if (pushed !== digest) throw otherDigest(reference, digest, pushed);
    for (const tag of others) {
      const tagged = await this.#crane('tag', this.#reference(repository, digest), tag);
      if (tagged.code !== 0) throw refused(this.#reference(repository, tag), tagged.stderr);
    }
    this.#context.log.info(`pushed ${reference} from the pod`);
  }

  #reference(repository: string, tagOrDigest: string): string {
    const separator = tagOrDigest.includes(':') ? '@' : ':';
    return `${this.#request.host}/${repository}${separator}${tagOrDigest}`;
  }

  #crane(...args: readonly string[]) {
    return this.#run(['crane', ...args, ...(this.#request.insecure ? ['--insecure'] : [])]);
  }

  async #run(command: readonly string[], stdin?: AsyncIterable<Uint8Array>) {
    const { kube, signal } = this.#context;
    const { namespace, name } = this.#pod;
    let [stdout, stderr] = ['', ''];
    const code = await kube.exec(
      { namespace, name },
      {
        container: PUSHER_CONTAINER,
        command,
        signal,
        ...(stdin && { stdin }),
        onStdout: (chunk) => {
          stdout = (stdout + chunk.toString('utf8')).slice(-OUTPUT_LIMIT);
        },
        onStderr: (chunk) => {
          stderr = (stderr + chunk.toString('utf8')).slice(-OUTPUT_LIMIT);
        },
      },
    );
    return { code, stdout, stderr };
  }
}

const lastLines = (text: string) => text.trim().split('\n').filter(Boolean).slice(-EVIDENCE);

function refused(reference: string, stderr: string): EnvironmentError {
  const lines = lastLines(stderr);
  const last = lines.at(-1)?.replace(/^\d{4}\S+ \S+ |^Error: /, '') ?? 'crane says nothing';
  return new EnvironmentError('PUSH_POD_REFUSED', `${reference} could not be pushed from the pod: ${last}`, {
    mend: 'Check that the pod reaches the registry, trusts its CA, and that the account may push there.',
    evidence: lines,
  });
}

const otherDigest = (reference: string, digest: Digest, pushed: string | undefined) =>
  new EnvironmentError(
    'PUSH_POD_DIGEST',
    `${reference}: crane pushed ${pushed ?? 'something that it does not name'} instead of ${digest}.`,
    { mend: 'Look at what pusher-image has as crane: that of go-containerregistry keeps a layout as it is.' },
  );
