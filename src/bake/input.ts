/** Everything a bake is told; from it come the builder's user data, its settings and the plan. Plain data. */
import type { Certificate, CustomizeScript, Download, Repository, StagedFile } from '../recipe/model.ts';
import type { StaticNetwork } from './cloud-init.ts';
import type { BakeLimits } from './limits.ts';

export interface BuilderInput {
  readonly recipe: {
    readonly name: string;
    readonly certificates: readonly Certificate[];
    readonly downloads: readonly Download[];
    /** Bytes; the disk is grown to this if it is smaller. */
    readonly virtualSize?: number | undefined;
    /** Where the builder's own tools come from; none: from wherever its image says. */
    readonly toolRepositories?: readonly Repository[] | undefined;
    /** The builder asks no repository but those. */
    readonly airGapped?: boolean | undefined;
  };
  readonly customize: CustomizeScript;
  /** Files below the stage, and which of them runs as `bash ENTRY IMAGE > facts.json`. */
  readonly probe: { readonly files: readonly StagedFile[]; readonly entry: string };
  readonly base: { readonly url: string; readonly sha256: string };
  /** The secret part of the served path. */
  readonly token: string;
  readonly port: number;
  readonly runId: string;
  readonly limits: BakeLimits;
  /** How many times longer phases with a guest may take where it is emulated. */
  readonly emulationFactor: number;
  readonly compress: boolean;
  readonly proxy?:
    | {
        readonly http?: string | undefined;
        readonly https?: string | undefined;
        readonly no?: string | undefined;
      }
    | undefined;
  readonly staticNetwork?: StaticNetwork | undefined;
  readonly sshAuthorizedKeys: readonly string[];
}
