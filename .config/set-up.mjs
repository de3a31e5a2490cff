/**
 * Makes a fresh clone ready to start and to test, with nothing there but Node and npm. Says nothing when nothing is to do.
 *
 * Node's version is looked at first, in syntax that an old Node can read; the rest is loaded after that.
 */
const wanted = { major: 20, minor: 19 };
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < wanted.major || (major === wanted.major && minor < wanted.minor)) {
  console.error(
    `Node ${wanted.major}.${wanted.minor} or newer is needed, this is Node ${process.versions.node} (${process.execPath}).`,
  );
  process.exitCode = 1;
} else {
  const { setUp } = await import('./set-up/index.mjs');
  process.exitCode = await setUp({ compiles: !process.argv[1].endsWith('start.mjs') });
}
