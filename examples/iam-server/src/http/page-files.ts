import { hash } from 'node:crypto';
import { access, readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { codeOf } from '../data/private-file.js';
import type { Exchange } from './exchange.js';
import { nothingHere, wrongVerb } from './refusal.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.ico': 'image/x-icon',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};
const COMPRESSED = new Set(['.html', '.js', '.css', '.json', '.map', '.svg', '.txt', '.webmanifest']);

interface PageFile {
  readonly type: string;
  readonly cacheControl: string;
  readonly tag: string;
  readonly plain: Buffer;
  /** Created on first use. */
  readonly packed: Map<Encoding, Promise<Buffer>>;
  readonly isText: boolean;
}

type Encoding = 'br' | 'gzip';

/** The files of the built page, in memory. A path is only looked up among them, so it can't reach any other file. */
export class PageFiles {
  readonly #files: ReadonlyMap<string, PageFile>;

  private constructor(files: ReadonlyMap<string, PageFile>) {
    this.#files = files;
  }

  /** Reads all files of a folder; none if it is not that of a page, which may be a whole disk. */
  static async load(folder: string): Promise<PageFiles> {
    const files = new Map<string, PageFile>();
    for (const path of await filesIn(folder)) {
      const name = `/${relative(folder, path).split(sep).join('/')}`;
      files.set(name === '/index.html' ? '/' : name, fileOf(name, await readFile(path)));
    }
    return new PageFiles(files);
  }

  /** Whether there is a page at all. */
  get isThere(): boolean {
    return this.#files.has('/');
  }

  /** Answers with the file at a path. @throws Refusal when there is none. */
  async answer({ path, verb, headers, response }: Exchange): Promise<void> {
    const file = this.#files.get(path);
    if (file === undefined) throw this.#missing(path);
    if (verb !== 'GET' && verb !== 'HEAD') throw wrongVerb(['GET', 'HEAD']);
    const about = { 'cache-control': file.cacheControl, etag: file.tag, vary: 'accept-encoding' };
    if (headers.get('if-none-match') === file.tag) {
      response.writeHead(304, about);
      response.end();
      return;
    }
    const { body, encoding } = await encoded(file, headers.get('accept-encoding') ?? '');
    const content = { 'content-type': file.type, 'content-length': body.length };
    response.writeHead(200, { ...about, ...content, ...(encoding !== undefined && { 'content-encoding': encoding }) });
    response.end(verb === 'HEAD' ? undefined : body);
  }

  #missing(path: string): Error {
    return path === '/' ? nothingHere('The page is not built: npm start does that.') : nothingHere();
  }
}

async function encoded(
  file: PageFile,
  accepted: string,
): Promise<{ readonly body: Buffer; readonly encoding: Encoding | undefined }> {
  const takes = (name: string): boolean =>
    new RegExp(`(^|,)\\s*${name}\\s*(;(?!\\s*q=0(\\.0*)?\\s*(,|$))|,|$)`).test(accepted);
  const encoding = file.isText ? (['br', 'gzip'] as const).find(takes) : undefined;
  return { body: encoding === undefined ? file.plain : await packed(file, encoding), encoding };
}

function packed({ packed: made, plain }: PageFile, encoding: Encoding): Promise<Buffer> {
  const found = made.get(encoding) ?? pack[encoding](plain);
  made.set(encoding, found);
  return found;
}

const pack: Readonly<Record<Encoding, (plain: Buffer) => Promise<Buffer>>> = {
  br: (plain) => promisify(brotliCompress)(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (plain) => promisify(gzip)(plain, { level: 9 }),
};

function fileOf(name: string, plain: Buffer): PageFile {
  const kind = extname(name);
  return {
    type: TYPES[kind] ?? 'application/octet-stream',
    // Vite puts a hash of the content into these names.
    cacheControl: name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    tag: `"${hash('sha256', plain, 'base64url').slice(0, 22)}"`,
    plain,
    packed: new Map(),
    isText: COMPRESSED.has(kind),
  };
}

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    await access(join(folder, 'index.html'));
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (caught) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(caught) ?? '')) return [];
    throw caught;
  }
}
