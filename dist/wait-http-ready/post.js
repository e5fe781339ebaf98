import { start } from '../bundle/index.js';

await start('wait-http-ready', 'post');
