import { existsSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { SetUpFailed, run, say } from './process.mjs';
import { Stamp } from './stamp.mjs';

const server = 'examples/iam-server';
const worthSayingSeconds = 3;

/** Builds the page of the IAM server, unless it was built from exactly these sources; nothing is fetched for it. */
export async function buildPage(root) {
  const stamp = new Stamp(root, '.page-stamp');
  const sources = readdirSync(join(root, server, 'page'), { recursive: true })
    .filter((file) => /\.\w+$/.test(file) && !/^(dist|test|node_modules)[\\/]/.test(file))
    .map((file) => `${server}/page/${file.split(sep).join('/')}`);
  const hash = Stamp.of(root, { files: [...sources.sort(), 'pnpm-lock.yaml', `${server}/package.json`] });
  if (stamp.line === hash && existsSync(join(root, server, 'page', 'dist', 'index.html'))) return;

  const vite = join(root, server, 'node_modules', 'vite', 'bin', 'vite.js');
  if (!existsSync(vite)) throw new SetUpFailed(`${vite} is missing; delete node_modules and run this again.`);
  const command = [process.execPath, vite, 'build', 'page', '--logLevel', 'warn'];
  const { code, output, seconds } = await run(command, { cwd: join(root, server), doing: 'building the page' });
  if (code !== 0) throw new SetUpFailed('the page could not be built; the errors stand above.', output);
  stamp.line = hash;
  if (seconds >= worthSayingSeconds) say(`Built the page in ${seconds} s.`);
}
