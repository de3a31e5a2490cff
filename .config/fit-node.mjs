/**
 * Finds a Node that is new enough: the current one, or Node 24 from npm, downloaded once. The syntax must work on an
 * old Node.
 *
 * Run as a program, it prints the folder of that Node, for PATH.
 */
import { execSync, spawn } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldest = [24, 16];
const fetched = '24.22.3';
const lookEveryMs = 200;

/** Stops the set-up, with a message that says what to do. */
export class SetUpFailed extends Error {}

/** Prints a line on stderr, so that stdout only contains the program's own output. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Runs a command of the shell to its end. All it writes goes to stderr. */
export function step(failure, command, options) {
  try {
    execSync(command, { stdio: ['ignore', 2, 2], windowsHide: true, ...options });
  } catch (cause) {
    throw new SetUpFailed(failure, { cause });
  }
}

/** Whether the current Node can run the project. */
export function isFit() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

/** Runs the command of this process again on the downloaded Node, and resolves to its exit code. */
export async function runOnFetchedNode() {
  const node = fetchedNode();
  say(`Going on with npm's Node ${fetched}: this is Node ${process.versions.node}, and ${oldest.join('.')} is needed.`);
  const PATH = [dirname(node), process.env['PATH']].join(delimiter);
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit', env: { ...process.env, PATH } });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

/**
 * Ends the process when its shell ends. npm sends a signal to its shell, and many shells do not forward it to `npm
 * start`.
 */
export function endWithShell() {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const shell = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, lookEveryMs);
  timer.unref();
}

/**
 * Downloads the platform's own package, which needs no install script, into a folder that is renamed when it is
 * complete.
 */
function fetchedNode() {
  const folder = fileURLToPath(new URL(`../.data/node-${fetched}`, import.meta.url));
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  const node = join(folder, 'node_modules', name, 'bin', program);
  if (existsSync(node)) return node;

  const unfinished = `${folder}.${process.pid}`;
  const flags = '--ignore-scripts --no-save --no-audit --no-fund --silent';
  const failure = `Node ${oldest.join('.')} or newer is needed, this is Node ${process.versions.node}, and npm can't install ${name}.`;
  try {
    step(failure, `npm install --prefix "${unfinished}" ${flags} ${name}@${fetched}`);
    renameSync(unfinished, folder);
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(node)) throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return node;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(dirname(isFit() ? process.execPath : fetchedNode()));
}
