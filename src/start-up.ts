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
