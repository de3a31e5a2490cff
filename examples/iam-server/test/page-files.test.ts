import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { bearer, call } from './client.js';
import { TestBench, type Quickstart } from './running-server.js';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const INDEX = '<!doctype html><title>A page</title><script type="module" src="./assets/main-Ab12.js"></script>';
const SCRIPT = 'document.title = "An answer"; // and so on\n'.repeat(100);

describe('the files of the page', () => {
  const bench = new TestBench();
  let quickstart: Quickstart;
  let url: string;
  before(async () => {
    const folder = await bench.folder();
    await mkdir(join(folder, 'built', 'assets'), { recursive: true });
    await writeFile(join(folder, 'built', 'index.html'), INDEX);
    await writeFile(join(folder, 'built', 'assets', 'main-Ab12.js'), SCRIPT);
    await writeFile(join(folder, 'secret.txt'), 'not for you');
    quickstart = (await bench.serve({ IAM_PAGE: join(folder, 'built') })).quickstart;
    url = quickstart.url;
  });
  after(() => bench.clear());

  it('are served at the root; the page is always revalidated, and hashed files are cached forever', async () => {
    const index = await call(url, '/');
    expect(index.bytes.toString()).to.equal(INDEX);
    expect(index.headers).to.include({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
    const script = await call(url, '/assets/main-Ab12.js?again');
    expect(script.bytes.toString()).to.equal(SCRIPT);
    expect(script.headers).to.include({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    });
  });

  it('are not served from a folder without a page, or from a file', async () => {
    const folder = await bench.folder();
    await writeFile(join(folder, 'large'), '');
    await truncate(join(folder, 'large'), 3 * 2 ** 30);
    for (const page of [folder, join(folder, 'large')]) {
      const { errors } = await bench.fail({ IAM_PAGE: page });
      expect(errors).to.deep.equal([`IAM_PAGE names ${page}, which holds no index.html.`]);
    }
  });

  it('are compressed for browsers that accept it', async () => {
    const path = '/assets/main-Ab12.js';
    const br = await call(url, path, { headers: { 'accept-encoding': 'gzip, deflate, br, zstd' } });
    expect(br.headers).to.include({ 'content-encoding': 'br', vary: 'accept-encoding' });
    expect(brotliDecompressSync(br.bytes).toString()).to.equal(SCRIPT);
    const gz = await call(url, path, { headers: { 'accept-encoding': 'br;q=0, gzip;q=0.5' } });
    expect(gz.headers['content-encoding']).to.equal('gzip');
    expect(gunzipSync(gz.bytes).toString()).to.equal(SCRIPT);
    const plain = await call(url, path, { headers: { 'accept-encoding': 'gzip;q=0, identity' } });
    expect(plain.headers).not.to.have.property('content-encoding');
  });

  it('are not sent again to browsers that have them', async () => {
    const { headers } = await call(url, '/');
    const again = await call(url, '/', { headers: { 'if-none-match': String(headers.etag) } });
    expect({ status: again.status, length: again.bytes.length }).to.deep.equal({ status: 304, length: 0 });
    const head = await call(url, '/', { verb: 'HEAD' });
    expect(head.bytes).to.have.lengthOf(0);
    expect(Number(head.headers['content-length'])).to.equal(INDEX.length);
  });

  it('have strict headers, like every other answer of the server', async () => {
    const asked = [
      '/',
      '/assets/main-Ab12.js',
      '/nowhere',
      '/iam/v1/session',
      '/admin/v1/policies/login',
      '/debug/healthz',
    ];
    for (const path of asked) {
      const { headers } = await call(url, path, { headers: bearer(quickstart.tokens.viewer) });
      expect(headers, path).to.include({
        'content-security-policy': POLICY,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
        'cross-origin-opener-policy': 'same-origin',
      });
      expect(headers, path).to.have.property('cache-control');
    }
  });

  it('are the only served files: no path leads out of their folder', async () => {
    const paths = [
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/..\\..\\secret.txt',
      '//etc/passwd',
      '/assets',
      '/assets/',
      '/index.html/',
      '/%00',
      '/__proto__',
      'http://elsewhere.example/secret.txt',
    ];
    for (const path of paths) {
      const { status, bytes } = await call(url, path);
      expect({ path, status }).to.deep.equal({ path, status: 404 });
      expect(bytes.toString()).not.to.include('not for you');
    }
    expect((await call(url, '/', { verb: 'POST' })).status).to.equal(405);
  });
});
