/** The moments at which a build can be stopped: one in every phase, held open long enough to be met. */

import type { Rig } from './rig.ts';
import type { BaseFault } from './site.ts';

export interface Moment {
  readonly name: string;
  /** The line of the log at which the signal is sent. */
  readonly at: RegExp;
  readonly base?: BaseFault;
  /** A killed build has certainly left something there. */
  readonly leaves?: true;
  /** Keeps the build in that phase. */
  readonly hold?: (rig: Rig) => void;
}

const isGolden = ({ metadata }: { metadata: { name: string } }) => !metadata.name.startsWith('golden-base');

export const MOMENTS: readonly Moment[] = [
  { name: 'fingerprint', at: /^▸ Compare with what exists/, base: 'slow-sum' },
  {
    name: 'provision, while the base is imported',
    at: /^created image .*golden-base/,
    leaves: true,
    base: 'slow',
  },
  {
    name: 'provision, while the machine is created',
    leaves: true,
    at: /^created virtual machine/,
    hold: (rig) => rig.play({ slow: { prepare: 20_000 } }),
  },
  {
    name: 'bake',
    at: /== customize/,
    leaves: true,
    hold: (rig) => rig.play({ slow: { customize: 20_000 } }),
  },
  { name: 'proof', at: /^▸ Prove/ },
  {
    name: 'hand-over',
    leaves: true,
    at: /^▸ Find the image/,
    hold: (rig) => rig.play({ addresses: [] }, { addresses: 'none' }),
  },
  {
    name: 'import',
    leaves: true,
    at: /^created image .*\/rke2-rocky9-golden/,
    hold: ({ cluster }) =>
      void Object.assign(cluster.scripts, { image: { stuck: true }, whichImages: isGolden }),
  },
  { name: 'report', at: /^▸ Report/ },
  { name: 'cleanup', at: /^▸ Clean up/ },
];
