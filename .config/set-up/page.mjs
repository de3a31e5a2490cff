import { existsSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { SetUpFailed, run, say } from './process.mjs';
import { Stamp } from './stamp.mjs';

const page = 'examples/admin-page';
const worthSayingSeconds = 3;

/** Builds the page of the IAM server, unless it is up to date. Nothing is downloaded for it. */
export async function buildPage(root) {
  const stamp = new Stamp(root, '.page-stamp');
  const sources = readdirSync(join(root, page), { recursive: true })
    .filter((file) => /\.\w+$/.test(file) && !/^(dist|test|node_modules|\.test-build)[\\/]/.test(file))
    .map((file) => `${page}/${file.split(sep).join('/')}`);
  const hash = Stamp.of(root, { files: [...sources.sort(), 'pnpm-lock.yaml'] });
  if (stamp.line === hash && existsSync(join(root, page, 'dist', 'index.html'))) return;

  const vite = join(root, page, 'node_modules', 'vite', 'bin', 'vite.js');
  if (!existsSync(vite)) throw new SetUpFailed(`${vite} is missing; delete node_modules and run this again.`);
  const command = [process.execPath, vite, 'build', '--logLevel', 'warn'];
  const { code, output, seconds } = await run(command, { cwd: join(root, page), doing: 'building the page' });
  if (code !== 0) throw new SetUpFailed('the page could not be built; the errors stand above.', output);
  stamp.line = hash;
  if (seconds >= worthSayingSeconds) say(`Built the page in ${seconds} s.`);
}
