import { mount } from 'svelte';
import { announceStartFailure } from './app/announcements.ts';
import { Session } from './app/session.svelte.ts';
import App from './ui/App.svelte';
import './ui/theme.css';
import './ui/controls.css';
import './ui/layout.css';

const session = new Session();
mount(App, { target: document.getElementById('app')!, props: { session } });
// Removed last: src/start-up.ts shows earlier errors in this element.
document.getElementById('loading')?.remove();
// An edited shader: src/build/shaders.ts sends it instead of a reload.
import.meta.hot?.on('inkling:shader', ({ path, source }: { path: string; source: string }) => {
  void session.replaceShader(path, source);
});
session.start().catch((error: unknown) => {
  reportError(error);
  announceStartFailure(session.notices, error);
});
