/** What all published packages say alike stands once, in the root's package.json; pnpm adds it to each one it packs. */
import { readFileSync } from 'node:fs';

const { repository, keywords, publishConfig } = JSON.parse(
  readFileSync(new URL('package.json', import.meta.url), 'utf8'),
);

export const hooks = {
  beforePacking(manifest) {
    const shared = { ...manifest, keywords: [...keywords, ...(manifest.keywords ?? [])], publishConfig };
    if (repository === '') return shared;
    const directory = `packages/${manifest.name.split('/')[1]}`;
    return {
      ...shared,
      repository: { type: 'git', url: `git+${repository}.git`, directory },
      homepage: `${repository}/tree/main/${directory}#readme`,
      bugs: `${repository}/issues`,
    };
  },
};
