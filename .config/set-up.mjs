/**
 * Makes a fresh clone ready to start and to test, with nothing there but Node and npm. Says nothing when nothing is to do.
 *
 * Node's version is looked at first, in syntax that an old Node can read; the rest is loaded after that.
 */
import { fileURLToPath } from 'node:url';

const wanted = { major: 20, minor: 19 };

/** What set-up/index.mjs says, where Node is new enough; answers with the exit code. */
export async function setUp(options) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > wanted.major || (major === wanted.major && minor >= wanted.minor)) {
    return (await import('./set-up/index.mjs')).setUp(options);
  }
  console.error(
    `Node ${wanted.major}.${wanted.minor} or newer is needed, this is Node ${process.versions.node} (${process.execPath}).`,
  );
  return 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await setUp();
