import { copyFile } from 'node:fs/promises';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { EXIT } from '@login-policy/cli';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { eraseTexts } from '@login-policy/witness';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { writeHistoryIn } from './copying.js';
import { GLOBEX, Place, type Ran } from './running.js';
import { withServer } from './servers.js';

let place: Place;
let publicKey: string;
beforeEach(async () => {
  place = await Place.make();
  await place.seed();
  publicKey = (await place.run('witness key iam.example/log --out log.key')).out.trim();
});
afterEach(() => place.remove());

const sign = (more = ''): Promise<Ran> =>
  place.run(`witness sign --key-file log.key --tree-head head${more === '' ? '' : ` ${more}`} --json`);
const check = (more = ''): Promise<Ran> =>
  place.run(`witness check --tree-head head --public-key ${publicKey}${more === '' ? '' : ` ${more}`}`);
const change = (): Promise<unknown> =>
  place.policies((policies) => policies.change(GLOBEX, { forceMfa: true }, { actor: 'bob', reason: 'audit 12' }));

async function done(running: Promise<Ran>): Promise<string> {
  const { code, err, out } = await running;
  expect(code, err).to.equal(EXIT.done);
  return out;
}

describe('witness key', () => {
  it('prints the public key, keeps the secret one in a file of its owner, and never replaces it', async () => {
    expect(publicKey).to.match(/^iam\.example\/log\+[0-9a-f]{8}\+\S{44}$/);
    expect(await place.read('log.key')).to.match(/^PRIVATE\+KEY\+iam\.example\/log\+/);
    const again = await place.run('witness key iam.example/log --out log.key');
    expect(again).to.include({ code: EXIT.output, err: 'log.key exists already, and a key is never replaced.\n' });
    expect((await place.run(['witness', 'key', 'my log', '--out', 'k'])).code).to.equal(EXIT.usage);
  });
});

describe('witness sign', () => {
  it('signs the log, and goes on from the tree head in the file', async () => {
    expect(JSON.parse(await done(sign()))).to.include({
      outcome: 'signed',
      origin: 'iam.example/log',
      size: 8,
      added: 8,
    });
    expect((await place.read('head')).split('\n').slice(0, 2)).to.deep.equal(['iam.example/log', '8']);
    await change();
    expect(JSON.parse(await done(sign()))).to.include({ size: 9, added: 1 });
    expect(await done(check())).to.equal('The log contains the history of the tree head: 9 events, 0 of them newer.\n');
  });

  it('signs nothing where the log has lost what was signed', async () => {
    await sign();
    await place.write('head.edge', '');
    const note = await place.read('head');
    place.tamper('DELETE FROM events WHERE position > 4');
    const { code, out } = await place.run('witness sign --key-file log.key --tree-head head');
    expect(code).to.equal(EXIT.refused);
    expect(out).to.equal('The log is 4 events short of the tree head: it has 4.\nNothing was signed.\n');
    expect(await place.read('head')).to.equal(note);
  });
});

describe('witness check', () => {
  it('tells a restored backup by how much it is short', async () => {
    await copyFile(place.path('iam.db'), place.path('backup.db'));
    await change();
    await sign();
    const { code, out } = await check('--store sqlite:backup.db');
    expect(code).to.equal(EXIT.refused);
    expect(out).to.equal(
      'The log is 1 event short of the tree head: it has 8. The first 8 events of it are shown to be the same.\n',
    );
  });

  it('says where the log first differs: the event, if the leaves were kept', async () => {
    await sign('--leaves leaves');
    await change();
    await sign('--leaves leaves');
    place.tamper(`UPDATE events SET metadata = replace(metadata, 'alice', 'mallory') WHERE position = 6`);
    const about = await check('--json');
    expect(about.code).to.equal(EXIT.refused);
    expect(JSON.parse(about.out)).to.deep.equal({ outcome: 'differs', matching: 0, within: 8 });
    const { out } = await check('--leaves leaves');
    expect(out).to.match(
      /^The log differs from the tree head at event 6: in its place is now event \S+ \(revision 1 of organizationLoginPolicy-iam\/globex\)\. The first 5 events/,
    );
  });

  it('refuses a tree head of another key, and files that are not tree heads, by name', async () => {
    await sign();
    const other = (await place.run('witness key iam.example/log --out other.key')).out.trim();
    const wrong = await place.run(`witness check --tree-head head --public-key ${other}`);
    expect(wrong.code).to.equal(EXIT.data);
    expect(wrong.err).to.match(/^head: The tree head is not signed by iam\.example\/log \(key [0-9a-f]{8}\)\.\n$/);
    await place.write('head', 'x\n');
    expect((await check()).err).to.contain('head: A signed note must be');
    expect((await place.run(`witness check --tree-head none --public-key ${publicKey}`)).code).to.equal(EXIT.noInput);
    expect((await place.run('witness check --tree-head head --public-key x')).code).to.equal(EXIT.data);
    expect((await place.run(`witness check --public-key ${publicKey}`)).code).to.equal(EXIT.usage);
    await place.run('witness sign --key-file log.key --tree-head head2 --leaves leaves');
    await place.write('other', (await place.read('leaves')).split('\n').slice(1).join('\n'));
    const leaves = await place.run(`witness check --tree-head head2 --public-key ${publicKey} --leaves other`);
    expect(leaves.code).to.equal(EXIT.data);
    expect(leaves.err).to.equal('other: leaves: they are not those of the largest tree head.\n');
  });
});

describe('witness prove and verify', () => {
  it('prove an event offline, with who and why, or without', async () => {
    await change();
    await sign();
    const history = await done(place.run('history globex --json --limit 1'));
    const [, eventId] = /"eventId": "(\w+)"/.exec(history) ?? [];
    const prove = `witness prove ${eventId} --tree-head head --public-key ${publicKey}`;
    await done(place.run(`${prove} --out event.tlog-proof`));
    const shown = await done(place.run(`witness verify event.tlog-proof --public-key ${publicKey}`));
    expect(shown).to.contain('Proved: event 9 of the log of 9 events. Signed by iam.example/log.');
    expect(shown).to.contain('"actor": "bob"').and.contain('"reason": "audit 12"').and.contain('"forceMfa": true');
    await place.write('bare', await done(place.run(`${prove} --without-texts`)));
    const bare = await done(place.run(`witness verify bare --public-key ${publicKey}`));
    expect(bare).to.contain('"commitmentToActor"').and.not.contain('bob');
  });

  it('prove that an older tree head is the beginning of a newer one', async () => {
    await sign();
    await copyFile(place.path('head'), place.path('old'));
    await change();
    await sign();
    const prove = `witness prove --from old --tree-head head --public-key ${publicKey}`;
    await place.write('proof', await done(place.run(prove)));
    const verify = `witness verify proof --public-key ${publicKey}`;
    expect(await done(place.run(`${verify} --from old`))).to.equal(
      'Proved: the log of 8 events is the beginning of that of 9. Signed by iam.example/log.\n',
    );
    const { code, out } = await place.run(`${verify} --from head`);
    expect(code).to.equal(EXIT.refused);
    expect(out).to.contain('Not proved: ');
  });

  it('refuse what is not there, and ask for what is missing', async () => {
    await sign();
    const keyed = `--tree-head head --public-key ${publicKey}`;
    expect((await place.run(`witness prove nobody ${keyed}`)).err).to.contain('is not in the log of this tree head');
    expect((await place.run(`witness prove ${keyed}`)).code).to.equal(EXIT.usage);
    expect((await place.run('witness')).err).to.contain('witness is one of these: witness key');
    expect((await place.run('witness sgin')).err).to.contain('Did you mean witness sign?');
    expect((await place.run('help witness check')).out).to.contain('Usage: login-policy witness check [OPTIONS]');
  });
});

/** Erases who added the default policy, and why. */
async function eraseFirst(): Promise<void> {
  await using store = await openSqliteStore({ path: place.path('iam.db') });
  for await (const [event] of store.eventStore.readAll()) {
    if (event === undefined) return;
    const { id: eventId, revision, streamId } = event;
    const erasing = { eventId, streamId, revision, texts: ['actor', 'reason'], actor: 'dpo' } as const;
    expect(await eraseTexts(store, erasing)).to.deep.equal({ outcome: 'erased' });
    return;
  }
}

describe('witness erase', () => {
  const idOf = async (): Promise<string> => {
    const history = await done(place.run('history globex --json --limit 1'));
    return /"eventId": "(\w+)"/.exec(history)?.[1] ?? '';
  };

  it('destroys who and why after asking, and every tree head still holds', async () => {
    await change();
    await sign();
    const line = `witness erase ${await idOf()} --reason request-12`;
    expect((await place.run(line, { ask: () => 'n' })).out).to.equal('Nothing was done.\n');
    expect((await place.run('audit')).out).to.contain('bob');
    const { err, out } = await place.run(line, { ask: () => 'y' });
    expect(err).to.match(
      /^Erase actor and reason of event \w+ \(revision 4 of organizationLoginPolicy-iam\/globex\) for good\?/,
    );
    expect(out).to.contain('Erased.');
    expect((await place.run('audit')).out).not.to.contain('bob');
    expect(await done(check())).to.equal(
      'The log contains the history of the tree head: 10 events, 1 of them newer.\n',
    );
    expect((await place.run('verify')).out).to.contain('No problems found.');
  });

  it('is refused by name for another event, another text, and on EventStoreDB', () =>
    withServer('store-eventstoredb', async (esdb) => {
      await place.write('esdb', esdb);
      await done(place.run('copy sqlite:iam.db @esdb'));
      const line = `witness erase ${await idOf()} --yes`;
      expect((await place.run(`${line} --only name`)).code).to.equal(EXIT.usage);
      expect(await place.run('witness erase nobody --yes')).to.include({ code: EXIT.refused });
      const { code, err } = await place.run(`${line} --store-file esdb`);
      expect(code).to.equal(EXIT.refused);
      expect(err).to.equal('This store can’t erase a text of a recorded event (not-supported). Nothing was changed.\n');
    }));
});

describe('a tree head', () => {
  it('is not made at half an append on EventStoreDB: it stops, by the name of the event', () =>
    withServer('store-eventstoredb', async (esdb) => {
      await place.write('esdb', esdb);
      await done(place.run('copy sqlite:iam.db @esdb'));
      const witness = '--store-file esdb --key-file log.key --tree-head head';
      await done(place.run(`witness sign ${witness}`));
      const client = EventStoreDBClient.connectionString(esdb);
      const metadata = { recordedAt: '2026-01-01T00:00:00.000Z', schemaVersion: 1, actor: 'a', $correlationId: 'c' };
      const half = jsonEvent({ type: 'Opened', data: {}, metadata: { ...metadata, append: { place: 1, count: 2 } } });
      await client.appendToStream('Account-half', half);
      await client.appendToStream('Account-whole', jsonEvent({ type: 'Opened', data: {}, metadata }));
      await client.dispose();
      const note = await place.read('head');
      for (const command of [`sign ${witness}`, `check --store-file esdb --tree-head head --public-key ${publicKey}`]) {
        const { code, err } = await place.run(`witness ${command}`);
        expect(code).to.equal(EXIT.store);
        expect(err).to.contain(
          "Account-half revision 0 can't be read: only a part of its append is there: it is event 1 of 2",
        );
      }
      expect(await place.read('head')).to.equal(note);
    }));

  it('has the same root on SQLite, PostgreSQL and EventStoreDB after a copy', () =>
    withServer('store-postgres', (postgres) =>
      withServer('store-eventstoredb', async (esdb) => {
        await place.remove();
        place = await Place.make();
        await writeHistoryIn(place);
        await place.run('witness key iam.example/log --out log.key');
        await eraseFirst();
        await place.write('postgres', postgres);
        await place.write('esdb', esdb);
        const { root, size } = JSON.parse(await done(sign()));
        for (const [from, to] of [
          ['sqlite:iam.db', 'postgres'],
          ['@postgres', 'esdb'],
        ]) {
          await done(place.run(`copy ${from} @${to}`));
          const own = JSON.parse(
            await done(place.run(`witness sign --store-file ${to} --key-file log.key --tree-head ${to}.head --json`)),
          );
          expect(own, to).to.include({ root, size });
          // The tree head of the source is read on from, too: its position is not one of the copy on EventStoreDB.
          expect(JSON.parse(await done(sign(`--store-file ${to}`)))).to.include({ root, size, added: 0 });
        }
      }),
    ));
});
