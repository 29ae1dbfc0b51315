import { SHARED_CACHE } from '../app/files/shared-cache.ts';

/** The address to which the system posts what is shared to the installed app, relative to the scope. */
const SHARE = 'share';

export function isShare({ method, url }: Request, scope: string): boolean {
  return method === 'POST' && new URL(SHARE, scope).href === url.split(/[?#]/)[0];
}

/** Leaves the shared files in a cache, in the place of any before, and answers with the page, which takes them from there. */
export async function respondToShare(request: Request, scope: string): Promise<Response> {
  try {
    const form = await request.formData();
    const files = form.getAll('files').filter((entry) => entry instanceof File);
    await caches.delete(SHARED_CACHE);
    const cache = await caches.open(SHARED_CACHE);
    for (const [index, file] of files.entries()) {
      const address = new URL(`${SHARE}?file=${index}&name=${encodeURIComponent(file.name)}`, scope);
      await cache.put(address, new Response(file));
    }
  } catch {
    // The page finds nothing there, and says so.
  }
  return Response.redirect(new URL('./?shared', scope).href, 303);
}
