/** What src/main.ts starts the page with, in one file: every room needs all of it. */
export { mount } from 'svelte';
export { announceStartFailure } from './app/announcements.ts';
export { Session } from './app/session.svelte.ts';
export { default as App } from './shell/App.svelte';
