import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { SetUpFailed, run, say } from './process.mjs';

const worthSayingSeconds = 3;

/** Builds the page of the IAM server, unless it was built from exactly these sources; nothing is fetched for it. */
export async function buildPage(root) {
  const server = join(root, 'examples', 'iam-server');
  const page = join(server, 'page');
  if (!existsSync(join(page, 'src', 'main.tsx'))) return;
  const stampFile = join(root, 'node_modules', '.page-stamp');
  const stamp = stampOf(page, [join(root, 'pnpm-lock.yaml'), join(server, 'package.json')]);
  if (isStanding(stampFile, stamp) && existsSync(join(page, 'dist', 'index.html'))) return;

  const vite = join(server, 'node_modules', 'vite', 'bin', 'vite.js');
  if (!existsSync(vite)) throw new SetUpFailed(`${vite} is missing; delete node_modules and run this again.`);
  const command = [process.execPath, vite, 'build', 'page', '--logLevel', 'warn'];
  const { code, output, seconds } = await run(command, { cwd: server, doing: 'building the page' });
  if (code !== 0) throw new SetUpFailed('the page could not be built; the errors stand above.', output);
  writeFileSync(stampFile, stamp);
  if (seconds >= worthSayingSeconds) say(`Built the page in ${seconds} s.`);
}

function isStanding(stampFile, stamp) {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
}

/** By content, not by time: a checkout changes the times, and a deleted file has none. */
function stampOf(page, others) {
  const hash = createHash('sha256');
  for (const file of [...sourcesIn(page), ...others]) {
    hash.update(`${relative(page, file)}\n`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function sourcesIn(page) {
  const files = readdirSync(page, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return paths.filter((path) => !/^(dist|test|node_modules)[\\/]/.test(relative(page, path))).sort();
}
