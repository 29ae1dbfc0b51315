import { nextTask } from './app/next-task.ts';
import { pageEngine } from './app/page-engine.ts';
import './ui/theme.css';
import './ui/controls.css';
import './ui/layout.css';

// Its worker is fetched beside the page's other scripts, and starts on a core of its own.
pageEngine.start();

// Each step in a task of its own: the browser answers the visitor between them.
await nextTask();
const { mount } = await import('svelte');
await nextTask();
const { announceStartFailure } = await import('./app/announcements.ts');
await nextTask();
const { Session } = await import('./app/session.svelte.ts');
await nextTask();
const session = new Session();
await nextTask();
const { default: App } = await import('./shell/App.svelte');
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
