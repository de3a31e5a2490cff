import { pnpm } from '../.config/set-up/pnpm.mjs';
import { published, run } from './workspace.mjs';

/** Packs each published package into the folder, as the registry would get it: name, file and content of each. */
export async function tarballsIn(folder) {
  const only = published().flatMap(({ name }) => ['--filter', name]);
  const { code, stdout, output } = await run([
    ...pnpm(),
    '-r',
    ...only,
    'pack',
    '--json',
    '--pack-destination',
    folder,
  ]);
  if (code !== 0) throw new Error(`The packages can't be packed:\n${output}`);
  return JSON.parse(stdout);
}
