import type { Imports } from '../import/imports.svelte.ts';
import type { LabState } from '../lab-state.ts';
import type { Notices } from '../notices.svelte.ts';
import type { Router } from '../router.svelte.ts';

/** What of the page opens files. */
export interface OpenPorts {
  /** The state of the Lab, once that room has been opened: what is shown there needs the room anyway. */
  readonly lab: () => Promise<LabState>;
  readonly imports: Pick<Imports, 'take'>;
  readonly router: Pick<Router, 'go'>;
  readonly notices: Pick<Notices, 'say'>;
}
