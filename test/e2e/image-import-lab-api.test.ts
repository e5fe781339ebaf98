import { labApi } from './image-import/rig.ts';
import { importSuite } from './image-import/suite.ts';

importSuite({ name: 'lab/api', needs: [], start: labApi });
