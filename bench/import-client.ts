/** One upload in a process of its own, for bench/import.ts: kubeconfig, endpoint, CA file, image, file. Prints milliseconds. */
import { readFile } from 'node:fs/promises';
import { systemClock } from '../src/base/clock.ts';
import { silentLogger } from '../src/base/log.ts';
import { openLocalFile } from '../src/harvester/local-file.ts';
import { uploadFile } from '../src/harvester/upload.ts';
import { connectKube } from '../src/kube/connect.ts';

const [kubeconfig = '', url = '', ca = '', name = '', path = ''] = process.argv.slice(2);
const kube = await connectKube({ kubeconfig: await readFile(kubeconfig, 'utf8') });
const endpoint = { url, ca: [await readFile(ca, 'utf8')] };
const { source } = await openLocalFile(path);
const began = performance.now();
const image = { namespace: 'default', name };
const context = { kube, clock: systemClock, log: silentLogger, progress: () => {} };
await uploadFile({ endpoint, image, backend: 'backingimage', source }, context);
const time = performance.now() - began;
await kube.close();
console.log(JSON.stringify({ time }));
