import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

/** Bytes to send instead of a file's own; null leaves the file as it is. */
export type Tamper = (path: string, content: Buffer) => Buffer | null;

/** A static host under a sub-path, to which new versions of the built page can be deployed. */
export class Host {
  readonly #place: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'inkling-host-'));
  readonly #server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://localhost').pathname).replace(
      `/${this.#place}/`,
      '',
    );
    const name = path === '' ? 'index.html' : path;
    const file = join(this.#folder, name);
    if (!existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    const content = readFileSync(file);
    const sent = this.tamper?.(name, content) ?? content;
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-length': sent.length,
      'cache-control': 'no-cache',
    });
    response.end(sent);
  });
  tamper: Tamper | null = null;

  private constructor(place: string) {
    this.#place = place;
    cpSync(dist, this.#folder, { recursive: true });
  }

  /** `place`: the path below which the page lies. */
  static async open(place = 'some/place'): Promise<Host> {
    const host = new Host(place);
    await new Promise<void>((resolve) => host.#server.listen(0, 'localhost', resolve));
    return host;
  }

  get address(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://localhost:${port}/${this.#place}/`;
  }

  /** Names of the files that the service worker precaches. */
  get precached(): string[] {
    const text = readFileSync(join(this.#folder, 'sw.js'), 'utf8');
    return [...text.matchAll(ENTRY)].map((match) => match[1]);
  }

  /**
   * Replaces the version on the host: another title, and another name for every script and style sheet, as after a
   * change of the source. The files of the version before are gone.
   */
  deploy(title: string): void {
    const tag = createHash('sha256').update(title).digest('hex').slice(0, 8);
    const assets = join(this.#folder, 'assets');
    // Different files may share what stands before their hash: a counter keeps the new names apart.
    const names = readdirSync(assets).map(
      (name, i) => [name, name.replace(/-[^.]*\./, `-${tag}${i}.`)] as const,
    );
    const texts = readdirSync(this.#folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.(js|css|html)$/.test(name),
    );
    for (const file of texts) {
      let text = readFileSync(join(this.#folder, file), 'utf8');
      for (const [before, after] of names) text = text.replaceAll(before, after);
      if (file === 'index.html') text = text.replace(/<title>.*<\/title>/, `<title>${title}</title>`);
      writeFileSync(join(this.#folder, file), text);
    }
    for (const [before, after] of names) renameSync(join(assets, before), join(assets, after));
    this.#list();
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Brings the service worker's list of files up to date with the folder. */
  #list(): void {
    const worker = join(this.#folder, 'sw.js');
    const text = readFileSync(worker, 'utf8');
    const listed = text.replaceAll(ENTRY, (entry, url: string) => {
      const content = readFileSync(join(this.#folder, url));
      const hash = (algorithm: string) => createHash(algorithm).update(content);
      return entry
        .replace(/(revision"?:)"[^"]*"/, `$1"${hash('md5').digest('hex')}"`)
        .replace(/(integrity"?:)"[^"]*"/, `$1"sha384-${hash('sha384').digest('base64')}"`);
    });
    if (listed === text) throw new Error('sw.js: its list of files was not found');
    writeFileSync(worker, listed);
  }
}

/** One file in the service worker's list, minified or as JSON. */
const ENTRY = /\{(?:[^{}]*,)?"?url"?:"([^"]+)"[^{}]*\}/g;
