import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const declared = /\.d\.ts(\.map)?$/;

/** Deletes each declaration whose source no longer exists. `tsc -b` keeps it, and it would be published. */
export function removeStaleOutput(root) {
  for (const room of ['packages', 'examples']) {
    for (const member of readdirSync(join(root, room))) {
      const [dist, src] = ['dist', 'src'].map((folder) => join(root, room, member, folder));
      const files = existsSync(dist)
        ? readdirSync(dist, { recursive: true }).filter((file) => declared.test(file))
        : [];
      for (const file of files) {
        if (!existsSync(join(src, file.replace(declared, '.ts')))) rmSync(join(dist, file), { force: true });
      }
    }
  }
}
