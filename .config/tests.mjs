import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, posix, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import Mocha from 'mocha';

const root = fileURLToPath(new URL('..', import.meta.url));
const settings = JSON.parse(readFileSync(join(root, '.config', 'mocharc.json'), 'utf8'));
const mostLanes = 5;

/** Runs the tests of all packages, or of the named ones: `npm test -- store-sqlite domain`. Returns the exit code. */
async function runTests(names) {
  const { files, refusal } = testsOf(names);
  if (refusal === undefined) return runFiles(files);
  console.error(refusal);
  console.log('0 passed, 1 failed');
  return 1;
}

/** Runs test files, each in the next free process. Returns the exit code. */
export function runFiles(files) {
  // Two more than the number of processors, because many tests wait for another process, a disk or a timer.
  const jobs = Math.min(Math.max(2, availableParallelism()) + 2, mostLanes);
  console.log(`Testing ${files.length} files, ${jobs} at a time.`);
  const mocha = new Mocha({ ...settings, reporter: resolve(root, settings.reporter), parallel: true, jobs });
  for (const file of files) mocha.addFile(resolve(root, file));
  return new Promise((ended) => mocha.run((failures) => ended(failures === 0 ? 0 : 1)));
}

/**
 * The compiled test files, as paths from the root, found by their sources: a test that is not compiled is reported, and
 * one without a source is not run. The beginning of a package's name can be omitted: `sqlite` is `store-sqlite`.
 */
function testsOf(names) {
  // The examples first, because their files take longest. At the end, less and less would run beside them.
  const folders = ['examples', 'packages'].flatMap((room) =>
    readdirSync(join(root, room)).map((name) => `${room}/${name}`),
  );
  const isMeant = (name, folder) => folder.endsWith(`/${name}`) || folder.endsWith(`-${name}`);
  const stranger = names.find((name) => !folders.some((folder) => isMeant(name, folder)));
  if (stranger !== undefined)
    return { refusal: `There is no ${stranger}. A package is named like its folder: npm test -- store-sqlite` };

  const meant = folders.filter((folder) => names.length === 0 || names.some((name) => isMeant(name, folder)));
  const files = meant.flatMap(testsIn);
  const missing = files.filter((file) => !existsSync(join(root, file)));
  if (missing.length > 0) return { refusal: `Not compiled, for lack of a tsconfig.json: ${missing.join(', ')}` };
  return files.length > 0 ? { files } : { refusal: `There are no tests in ${meant.join(', ')}.` };
}

function testsIn(folder) {
  const room = join(root, folder, 'test');
  const sources = existsSync(room) ? readdirSync(room, { recursive: true }) : [];
  // Tests without a project of their own are compiled beside the code they test.
  const built = existsSync(join(room, 'tsconfig.json')) ? '.test-build' : '.test-build/test';
  return sources
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => posix.join(folder, built, file.split(sep).join('/')).replace(/ts$/, 'js'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await runTests(process.argv.slice(2));
