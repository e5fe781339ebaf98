import { start } from '../bundle/index.js';

await start('oci-tarball-push', 'main');
