import { createContext } from 'svelte';

/** The address that opens what the page shows, given to all that is saved by context: panels do not pass it on. */
export const [linkOfPage, provideLinkOfPage] = createContext<() => string>();
