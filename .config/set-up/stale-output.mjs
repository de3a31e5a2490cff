import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const compiled = /\.(js|d\.ts)(\.map)?$/;
/** What the entries of a bundle share: no source has its name, and the bundler looks after it. */
const shared = /^shared-/;
const outputs = [
  { output: 'dist', source: 'src' },
  { output: '.test-build', source: 'test' },
];

/** Deletes each compiled file whose source is no longer there: `tsc -b` leaves it, and it would be run and published. */
export function removeStaleOutput(root) {
  for (const room of ['packages', 'examples']) {
    for (const member of existsSync(join(root, room)) ? readdirSync(join(root, room)) : []) {
      for (const pair of outputs) removeWithin(join(root, room, member), pair);
    }
  }
}

function removeWithin(folder, { output, source }) {
  if (!existsSync(join(folder, output)) || !existsSync(join(folder, source))) return;
  for (const file of readdirSync(join(folder, output), { recursive: true })) {
    if (!compiled.test(file) || shared.test(file)) continue;
    const stem = file.replace(compiled, '');
    // The page has a project of its own: page/test/… is compiled into .test-build/page/test/….
    const sources = [join(folder, source, stem), join(folder, stem)];
    if (!sources.some((path) => existsSync(`${path}.ts`) || existsSync(`${path}.tsx`))) {
      rmSync(join(folder, output, file), { force: true });
    }
  }
}
