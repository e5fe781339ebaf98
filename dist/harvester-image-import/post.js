import { start } from '../bundle/index.js';

await start('harvester-image-import', 'post');
