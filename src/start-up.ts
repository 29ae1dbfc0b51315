/**
 * Says why the page does not start. It comes before the page's own scripts and needs none of them: one file that is
 * missing keeps all of those from running.
 */
function announceFailure(reason: string): void {
  // The page has started: errors are its own business.
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
