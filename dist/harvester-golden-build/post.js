import { start } from '../bundle/index.js';

await start('harvester-golden-build', 'post');
