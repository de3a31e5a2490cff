import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import Mocha from 'mocha';
import { folders } from './build.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const settings = JSON.parse(readFileSync(join(root, '.config', 'mocharc.json'), 'utf8'));
const mostLanes = 5;
/**
 * The longest begin first and the shortest last, so that none runs on alone at the end: `TEST_TIMES` prints how long each
 * takes.
 */
const longest = /\/(store-(eventstoredb|postgres)\/.*\/contract|.*\/(durability|processes|copy|stores))\.test\.js$/;
const short = /packages\/(api|domain|event-sourcing)\//;

/** Runs test files, each in the next free process. Returns the exit code. */
export function runFiles(files) {
  // Two more than the number of processors, because many tests wait for another process, a disk or a timer.
  const jobs = Math.min(Math.max(2, availableParallelism()) + 2, mostLanes);
  console.log(`Testing ${files.length} files, ${jobs} at a time.`);
  const mocha = new Mocha({ ...settings, reporter: resolve(root, settings.reporter), parallel: true, jobs });
  for (const file of files.toSorted((one, other) => turnOf(one) - turnOf(other))) mocha.addFile(resolve(root, file));
  return new Promise((ended) => mocha.run((failures) => ended(failures === 0 ? 0 : 1)));
}

function turnOf(file) {
  const path = file.replaceAll('\\', '/');
  if (longest.test(path)) return 0;
  return short.test(path) ? 2 : 1;
}

/**
 * The compiled test files of the named packages, or of all. The beginning of a package's name can be omitted: `sqlite`
 * is `store-sqlite`. A file of one is named after it: `sqlite/contract`.
 */
function testsOf(names) {
  if (names.length === 0) return folders.flatMap(testsIn);
  const files = names.flatMap((name) => {
    const [named, ...file] = name.split('/');
    const meant = folders.filter((folder) => folder.endsWith(`/${named}`) || folder.endsWith(`-${named}`));
    const end = file.length === 0 ? '' : `/${file.join('/')}.test.js`;
    const found = meant.flatMap(testsIn).filter((one) => one.replaceAll('\\', '/').endsWith(end));
    if (found.length > 0) return found;
    console.error(`There are no tests of ${name}. A package is named like its folder: npm test -- store-sqlite`);
    process.exit(1);
  });
  return [...new Set(files)];
}

/** Found by their sources: one that is not compiled fails, and one without a source is not run. */
function testsIn(folder) {
  const room = join(root, folder, 'test');
  const sources = existsSync(room) ? readdirSync(room, { recursive: true }) : [];
  // Tests without a project of their own are compiled beside the code they test.
  const built = join(folder, existsSync(join(room, 'tsconfig.json')) ? '.test-build' : '.test-build/test');
  return sources.filter((file) => file.endsWith('.test.ts')).map((file) => join(built, file).replace(/ts$/, 'js'));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = await runFiles(testsOf(process.argv.slice(2)));
