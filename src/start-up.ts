/** Files of the build by room and chapter: src/build/room-files.ts puts them here. */
declare const __ROOM_FILES__: Readonly<Record<string, readonly string[] | undefined>>;

/** Fetches the files of the room in the address beside the page's script, which would ask for them only once it runs. */
function preloadRoom(): void {
  const files = __ROOM_FILES__;
  const [room = '', chapter = ''] = location.hash.replace(/^#\/?/, '').split(/[/?]/);
  const learn = room === 'learn';
  const names = learn ? [room, chapter] : [room === 'lab' ? room : 'play'];
  const languages = [...navigator.languages.map((tag) => tag.split('-')[0]), 'en'];
  const text = languages.map((language) => `${chapter}/${language}`).find((name) => name in files);
  if (learn && text) names.push(text);
  for (const file of new Set(names.flatMap((name) => files[name] ?? []))) {
    const link = document.createElement('link');
    link.rel = file.endsWith('.css') ? 'preload' : 'modulepreload';
    if (file.endsWith('.css')) link.as = 'style';
    // As the page's own requests for them: another mode would fetch them twice.
    link.crossOrigin = '';
    link.href = file;
    document.head.append(link);
  }
}

preloadRoom();

/**
 * Shows why the page does not start. It runs before the page's scripts and imports none of them: if one of their files is
 * missing, none of them runs.
 */
function announceFailure(reason: string): void {
  // The page has started and handles its errors itself.
  const loading = document.getElementById('loading');
  if (!loading) return;
  const text = document.createElement('p');
  text.textContent = `Inkling could not start: ${reason}. Check the connection and reload the page. If that does not help, the browser may be too old for Inkling. What you have saved is untouched.`;
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Reload';
  button.addEventListener('click', () => location.reload());
  loading.setAttribute('role', 'alert');
  loading.replaceChildren(text, button);
}

addEventListener(
  'error',
  (event) => {
    if (event.target instanceof HTMLScriptElement) {
      const { pathname } = new URL(event.target.src);
      announceFailure(
        `${pathname.slice(pathname.lastIndexOf('/') + 1)}, or a file that it needs, did not arrive`,
      );
    } else if (event instanceof ErrorEvent) {
      announceFailure(event.message);
    }
  },
  // Errors of scripts that cannot be fetched do not bubble.
  true,
);
addEventListener('unhandledrejection', (event) => announceFailure(String(event.reason)));
