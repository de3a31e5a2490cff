import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne } from './events.js';
import { freshFolder, type Folder } from './files.js';

describe('a file that the user of this program may not use', () => {
  let folder: Folder;
  let path: string;

  beforeEach(async () => {
    folder = await freshFolder();
    path = folder.path('store.db');
    const writer = await openSqliteStore({ path });
    await writer.eventStore.append(appendOne());
    await writer.close();
    await chmod(folder.path('.'), 0o755);
  });

  afterEach(() => folder.remove());

  it('is refused as that, not as a store to wait for', async () => {
    await chmod(path, 0o600);
    expect(await openedBySomebody({ path, readOnly: true })).to.match(/^store-foreign .* may not read it\n$/);
    await chmod(path, 0o444);
    for (const readOnly of [true, false])
      expect(await openedBySomebody({ path, readOnly })).to.match(/^store-foreign .* may not write it, or/);
    await chmod(folder.path('.'), 0o777);
    expect(await openedBySomebody({ path })).to.match(/^store-foreign .* may not write it, or/);
    expect(await openedBySomebody({ path, readOnly: true })).to.equal('opened\n');
    await chmod(folder.path('.'), 0o755);
    expect(await openedBySomebody({ path: folder.path('new.db') })).to.match(/^store-foreign .* to its folder, where/);
  });
});

/**
 * What a process of another user comes to, or of this one if it is not root. It becomes that user's once its modules are
 * loaded: Node and this package may lie where he may not look, as in the home of root.
 */
async function openedBySomebody(options: { readonly path: string; readonly readOnly?: boolean }): Promise<string> {
  const program = `import { openSqliteStore } from '@login-policy/store-sqlite';
    if (process.getuid?.() === 0) { process.setgroups([]); process.setgid(65534); process.setuid(65534); }
    try { await (await openSqliteStore(${JSON.stringify(options)})).close(); console.log('opened'); }
    catch ({ code, message }) { console.log(code, message); }`;
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const node = spawn(process.execPath, ['--input-type=module', '--eval', program], { cwd });
  const said: string[] = [];
  node.stdout.on('data', (chunk) => said.push(String(chunk)));
  await once(node, 'close');
  return said.join('');
}
