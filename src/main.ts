import { mount } from 'svelte';
import { Session } from './app/session.svelte.ts';
import App from './ui/App.svelte';
import './ui/theme.css';
import './ui/controls.css';

const session = new Session();
mount(App, { target: document.getElementById('app')!, props: { session } });
void session.start();
