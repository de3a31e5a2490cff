import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openLoginPolicies, orThrow } from '@login-policy/domain';
import { openAuditLog } from '@login-policy/domain/audit';
import { monotonicIds, openMemoryStore, type RecordedEvent, type Store } from '@login-policy/event-sourcing';
import { commitmentOf } from '#insides';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { checkLog, eraseTexts, leafOf, proveEvent, verifyProof, type EraseAnswer } from '@login-policy/witness';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { eventsOf, headOf, KEY, writeHistory } from './histories.js';
import { withPostgresStore } from './servers.js';

const NAME = 'Erika-Mustermann-4711';
const ACME = { instanceId: 'iam', organizationId: 'acme' };

/** The event whose actor and reason name a person, in a history with others around it. */
async function writeNamed(store: Store): Promise<RecordedEvent> {
  await writeHistory(store, { to: 5 });
  await using policies = await openLoginPolicies({ store });
  orThrow(await policies.customize(ACME, { actor: NAME, reason: `asked by ${NAME}` }));
  orThrow(await policies.change(ACME, { forceMfa: true }, { actor: 'bob' }));
  const named = (await eventsOf(store.eventStore)).find(({ metadata }) => metadata.actor === NAME);
  if (named === undefined) throw new Error('It was recorded.');
  return named;
}

type Place = Pick<RecordedEvent, 'id' | 'revision' | 'streamId'>;

function erase(store: Store, { id: eventId, revision, streamId }: Place): Promise<EraseAnswer> {
  const texts = ['actor', 'reason'] as const;
  return eraseTexts(store, { eventId, revision, streamId, texts, actor: 'dpo', reason: 'request 12' });
}

async function namedEvents(store: Store): Promise<readonly RecordedEvent[]> {
  return (await eventsOf(store.eventStore)).filter((event) => JSON.stringify(event.metadata).includes(NAME));
}

async function expectErased(store: Store): Promise<void> {
  const first = await writeNamed(store);
  const treeHead = await headOf(store.eventStore);
  for (const event of await namedEvents(store)) {
    expect(await erase(store, event)).to.deep.equal({ outcome: 'erased' });
    expect(await erase(store, event), 'again').to.deep.equal({ outcome: 'erased' });
  }
  expect(await namedEvents(store)).to.deep.equal([]);
  const events = await eventsOf(store.eventStore);
  const erased = events.find(({ id }) => id === first.id) ?? first;
  expect(leafOf(erased)).to.equal(leafOf(first));
  expect(erased.metadata).to.include({ actor: '' }).and.not.have.any.keys('actorSalt', 'reason', 'reasonSalt');
  const checked = await checkLog(store.eventStore, { treeHeads: [treeHead] });
  expect(checked).to.deep.equal({ outcome: 'contained', size: events.length, erasedUnrecorded: [] });
  const records = events.filter(({ streamId }) => streamId === `erasure-${first.id}`);
  expect(records.map(({ type, data, metadata: { actor, reason } }) => ({ type, data, actor, reason }))).to.deep.equal([
    {
      type: 'TextsErased',
      data: { eventId: first.id, stream: first.streamId, revision: `${first.revision}`, texts: ['actor', 'reason'] },
      actor: 'dpo',
      reason: 'request 12',
    },
  ]);
  const proved = await proveEvent(store.eventStore, { eventId: first.id, treeHead });
  const answer = verifyProof(proved.outcome === 'proved' ? proved.proof : '', KEY);
  expect(answer).to.include({ outcome: 'verified' }).and.have.property('texts').deep.equal({});
}

describe('erasing who and why', () => {
  it('refuses wrong options by name, and changes nothing', async () => {
    await using store = openMemoryStore();
    const { id: eventId, revision, streamId } = await writeNamed(store);
    const right = { eventId, revision, streamId, texts: ['actor'] as const, actor: 'dpo' };
    for (const wrong of [
      { texts: ['actors'] },
      { texts: 'actor' },
      { actor: '' },
      { revision: 0 },
      { reason: 7 },
      { text: [] },
    ]) {
      const erasing = async (): Promise<unknown> =>
        Reflect.apply(eraseTexts, undefined, [store, { ...right, ...wrong }]);
      const caught = await erasing().catch((error: unknown) => error);
      expect(caught, JSON.stringify(wrong)).to.be.instanceOf(RangeError);
      expect(String(caught)).to.include(Object.keys(wrong)[0]);
    }
    expect(await namedEvents(store)).to.have.lengthOf(1);
  });

  it('leaves every tree head right, and is recorded, in memory', async () => {
    await using store = openMemoryStore();
    await expectErased(store);
  });

  it('leaves every tree head right, and is recorded, on PostgreSQL', () => withPostgresStore(expectErased));

  it('leaves every tree head right, is recorded, and leaves no byte in the files after a VACUUM, on SQLite', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'witness-'));
    try {
      await using store = await openSqliteStore({ path: join(folder, 'iam.db') });
      await expectErased(store);
      const database = new DatabaseSync(join(folder, 'iam.db'));
      database.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
      database.close();
      for (const file of await readdir(folder))
        expect((await readFile(join(folder, file), 'latin1')).includes(NAME), file).to.equal(false);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('shows in the history at once, and in an audit log after its rebuild', async () => {
    await using store = openMemoryStore();
    await using auditLog = await openAuditLog({ store });
    await writeNamed(store);
    for (const event of await namedEvents(store)) await erase(store, event);
    await using policies = await openLoginPolicies({ store });
    const history = orThrow(await policies.history(ACME));
    expect(JSON.stringify(history.entries.map(({ actor, reason }) => ({ actor, reason })))).not.to.contain(NAME);
    await auditLog.readModel.rebuild();
    const { entries } = orThrow(await auditLog.entries({ instanceId: 'iam' }));
    expect(entries.map(({ actor }) => actor))
      .to.include('bob')
      .and.not.include(NAME);
  });

  it('without a record of it is noticed, text by text', async () => {
    await using store = openMemoryStore();
    const { id: eventId, revision, streamId } = await writeNamed(store);
    const treeHead = await headOf(store.eventStore);
    const event = (await eventsOf(store.eventStore)).find(({ id }) => id === eventId);
    const { actor, actorSalt: salt = '' } = event?.metadata ?? { actor: '' };
    const erased = { eventId, revision, streamId, commitments: { actor: commitmentOf({ salt, text: actor }) } };
    await store.eventStore.erase?.(erased);
    await eraseTexts(store, { eventId, revision, streamId, texts: ['reason'], actor: 'dpo' });
    const checked = await checkLog(store.eventStore, { treeHeads: [treeHead] });
    expect(checked).to.deep.include({ outcome: 'contained', erasedUnrecorded: [eventId] });
  });

  it('is refused by name: on a store that can not, of another event, of a text without a salt', async () => {
    await using store = openMemoryStore();
    const event = await writeNamed(store);
    const { append, close, head, knows, readAll, readStream, receipt, subscribe } = store.eventStore;
    const unable = { append, close, head, knows, readAll, readStream, receipt, subscribe };
    const followed: Store = { ...store, eventStore: unable };
    expect(await erase(followed, event)).to.deep.equal({ outcome: 'refused', reason: 'not-supported' });
    const elsewhere = { ...event, id: monotonicIds()() };
    expect(await erase(store, elsewhere)).to.deep.equal({ outcome: 'refused', reason: 'not-found' });
    const bare = { actor: NAME, correlationId: 'c' };
    const [unsalted = event] = await store.eventStore.append({
      streamId: event.streamId,
      expected: 'any',
      events: [{ ...event, id: elsewhere.id, metadata: bare }],
    });
    expect(await erase(store, unsalted)).to.deep.equal({ outcome: 'refused', reason: 'no-salt' });
    expect((await namedEvents(store)).length).to.be.above(0);
  });
});
