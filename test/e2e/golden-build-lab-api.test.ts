import { goldenSuite } from './golden-suite.ts';
import { onLabApi } from './platform.ts';

goldenSuite("the lab's API server", { start: onLabApi });
