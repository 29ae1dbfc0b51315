import { nextTask } from './app/next-task.ts';
import { pageEngine } from './app/page-engine.ts';
import './ui/theme.css';
import './ui/controls.css';
import './ui/layout.css';

/** In tasks of their own where they are long: the browser answers the visitor between them. */
async function startPage(): Promise<void> {
  const { announceStartFailure, App, mount, Session } = await import('./page.ts');
  await nextTask();
  const session = new Session();
  await nextTask();
  mount(App, { target: document.getElementById('app')!, props: { session } });
  // Removed last: src/start-up.ts shows earlier errors in this element.
  document.getElementById('loading')?.remove();
  // An edited shader: src/build/shaders.ts sends it instead of a reload.
  import.meta.hot?.on('inkling:shader', ({ path, source }: { path: string; source: string }) => {
    void session.replaceShader(path, source);
  });
  await nextTask();
  session.start().catch((error: unknown) => {
    reportError(error);
    announceStartFailure(session.notices, error);
  });
}

// Its worker is fetched beside the page's other scripts, and starts on a core of its own.
pageEngine.start();
// Not awaited: the page's file imports this one, and would wait for it.
startPage().catch(reportError);
