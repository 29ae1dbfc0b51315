import type { Choice } from '../compare/choice.ts';
import type { Imports } from '../import/imports.svelte.ts';
import type { LabState } from '../lab-state.ts';
import type { ModelFiles } from '../library/model-files.ts';
import type { Notices } from '../notices.svelte.ts';
import type { Router } from '../router.svelte.ts';
import type { Side } from '../sides.ts';

/** What of the page opens files. */
export interface OpenPorts {
  /** The state of the Lab, once that room has been opened: what is shown there needs the room anyway. */
  readonly lab: () => Promise<LabState>;
  readonly imports: Pick<Imports, 'take'>;
  readonly models: Pick<ModelFiles, 'open'>;
  /** Shows a model in a column of Play. */
  readonly choose: (side: Side, choice: Choice) => void;
  readonly router: Pick<Router, 'go' | 'goToLab' | 'follow'>;
  readonly notices: Pick<Notices, 'say'>;
}
