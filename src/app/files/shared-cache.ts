/** The cache in which the service worker leaves shared files for the page. */
export const SHARED_CACHE = 'inkling-shared';
