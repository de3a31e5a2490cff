/**
 * What all published packages say alike stands once, in the root's package.json; pnpm adds it to each one it packs, and leaves
 * out what only the repository needs.
 */
import { existsSync, readFileSync } from 'node:fs';

const { repository, keywords, publishConfig } = JSON.parse(
  readFileSync(new URL('package.json', import.meta.url), 'utf8'),
);

export const hooks = {
  beforePacking({ devDependencies: _, scripts: __, ...manifest }) {
    const shared = { ...manifest, keywords: [...new Set([...keywords, ...(manifest.keywords ?? [])])], publishConfig };
    if (repository === '') return shared;
    const name = manifest.name.split('/')[1];
    const isExample = existsSync(new URL(`examples/${name}`, import.meta.url));
    const directory = `${isExample ? 'examples' : 'packages'}/${name}`;
    return {
      ...shared,
      repository: { type: 'git', url: `git+${repository}.git`, directory },
      homepage: `${repository}/tree/main/${directory}#readme`,
      bugs: `${repository}/issues`,
    };
  },
};
