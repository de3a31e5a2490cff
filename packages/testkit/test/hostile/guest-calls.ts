import { openMemoryStore, type RecordedEvent } from '@login-policy/event-sourcing';
import { caller } from './entries.js';
import type { Table } from './walk.js';

const call = await caller();
const instance = { instanceId: 'i' };
const signal = () => new AbortController().signal;
const by = () => ({ actor: 'a', reason: 'r' });
const command = () => ({ type: 'removeSecondFactor', factor: 'TOTP' });
const change = () => ({ type: 'policies', steps: [{ owner: instance, command: command() }] });
const rollout = () => ({ id: 'r', actor: 'a', withDefault: true });
const policiesOf = (store: object) => call('domain', 'openLoginPolicies', { store }).answer();
const open = 'proposals openProposals()';

const recorded = async (): Promise<{
  readonly store: ReturnType<typeof openMemoryStore>;
  readonly event: RecordedEvent;
}> => {
  const store = openMemoryStore();
  await call('domain', 'add', instance, {}, { actor: 'a' }).on(await policiesOf(store));
  for await (const [event] of store.eventStore.readAll()) if (event !== undefined) return { store, event };
  throw new Error('nothing was recorded');
};
const key = async (): Promise<{ readonly publicKey: string; readonly secretKey: string }> => {
  const found = await call('witness', 'generateKey', 'a.example').answer();
  return { publicKey: String(Reflect.get(found, 'publicKey')), secretKey: String(Reflect.get(found, 'secretKey')) };
};
const signer = async () => call('witness', 'parseSigner', (await key()).secretKey).answer();
const head = async (log: object, signed?: object) => {
  const made = await call('witness', 'treeHead', log, { signer: signed ?? (await signer()) }).answer();
  return Object(Reflect.get(made, 'treeHead'));
};
/** A pool whose server is away. */
const pool = () => ({
  options: {},
  connect: () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })),
  query: () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })),
  on: () => undefined,
  off: () => undefined,
});
const aStore = 'a store, called in the table of the kernel';

export const guestTables: Readonly<Record<string, Table>> = {
  proposals: {
    calls: {
      'proposals oneForWhatMatters': () => [{ warnings: [] }],
      'proposals openProposals': async () => {
        const store = openMemoryStore();
        return [{ store, loginPolicies: await policiesOf(store), mayApprove: () => true, maxAgeMs: 1 }];
      },
      [`${open}.propose`]: () => [instance, change(), by()],
      [`${open}.emergency`]: () => [instance, change(), by()],
      [`${open}.approve`]: () => [instance, 'p', by()],
      [`${open}.reject`]: () => [instance, 'p', by()],
      [`${open}.withdraw`]: () => [instance, 'p', by()],
      [`${open}.proposal`]: () => [instance, 'p', { waitMs: 1, signal: signal() }],
      [`${open}.list`]: () => [instance, { waitMs: 1, signal: signal(), limit: 1 }],
      [`${open}.needsApproval`]: () => [instance, command(), { correlationId: 'c' }],
      [`${open}.rolloutNeedsApproval`]: () => [instance, command(), rollout()],
      [`${open}.revertNeedsApproval`]: () => [instance, command(), rollout()],
      [`${open}.carryOutDue`]: () => [{ signal: signal() }],
      [`${open}.close`]: () => [{ closeMs: 1 }],
    },
    trusted: { [`${open}.readModel*`]: 'a part of the kernel' },
  },
  witness: {
    calls: {
      'witness generateKey': () => ['a.example'],
      'witness parseSigner': async () => [(await key()).secretKey],
      'witness parseVerifier': async () => [(await key()).publicKey],
      'witness openTreeHead': async () => {
        const { publicKey, secretKey } = await key();
        const log = (await recorded()).store.eventStore;
        const signed = await call('witness', 'parseSigner', secretKey).answer();
        return [Reflect.get(await head(log, signed), 'note'), { publicKey, witnesses: [] }];
      },
      'witness treeHead': async () => [
        (await recorded()).store.eventStore,
        { signer: await signer(), signal: signal() },
      ],
      'witness checkLog': async () => {
        const log = (await recorded()).store.eventStore;
        return [log, { treeHeads: [await head(log)], signal: signal() }];
      },
      'witness proveEvent': async () => {
        const log = (await recorded()).store.eventStore;
        return [log, { eventId: 'x', treeHead: await head(log), showsTexts: true, signal: signal() }];
      },
      'witness proveConsistency': async () => {
        const log = (await recorded()).store.eventStore;
        return [log, { older: await head(log), newer: await head(log), signal: signal() }];
      },
      'witness verifyProof': async () => ['a proof', { publicKey: (await key()).publicKey, witnesses: [] }],
      'witness treeHeadFile': () => ['/nowhere/head'],
      'witness urlSink': () => ['https://127.0.0.1:1/', { headers: {}, timeoutMs: 1 }],
      'witness tlogWitness': async () => ['https://127.0.0.1:1/', (await key()).publicKey],
      'witness witness': async () => [
        openMemoryStore(),
        { signer: await signer(), file: { read: async () => undefined, deliver: async () => undefined }, sinks: [] },
      ],
      'witness witness().status': () => [],
      'witness witness().close': () => [],
      'witness eraseTexts': async () => {
        const { event, store } = await recorded();
        const { id: eventId, revision, streamId } = event;
        return [store, { eventId, revision, streamId, texts: ['actor'], actor: 'a', reason: 'r' }];
      },
    },
    trusted: {
      'witness leafOf': 'takes an event that a store recorded',
      'witness parseSigner().sign': 'called with the bytes of a note',
      'witness tlogWitness().cosign': 'called by witness',
      'witness treeHeadFile()*': 'called by witness',
      'witness urlSink().deliver': 'called by witness',
      'witness parseVerifier().verifies': 'called with the bytes of a note',
    },
  },
  'store-sqlite': {
    calls: {
      'store-sqlite openSqliteStore': () => [
        { path: '/nowhere/at/all.db', durability: 'full', clock: Date.now, busyTimeoutMs: 1 },
      ],
    },
    trusted: { 'store-sqlite openSqliteStore()*': aStore },
  },
  'store-postgres': {
    calls: {
      'store-postgres openPostgresStore': () => [{ pool: pool(), connectTimeoutMs: 100, migrate: 'check' }],
      'store-postgres migratePostgresStore': () => [{ pool: pool(), schema: 'a' }],
      'store-postgres postgresMigration': () => [{ schema: 'a', from: 0 }],
    },
    trusted: {},
  },
  'store-eventstoredb': {
    calls: {
      'store-eventstoredb openEventStoreDbStore': async () => [
        {
          client: await call('store-eventstoredb', 'connectEventStoreDb', 'esdb://127.0.0.1:1?tls=false').answer(),
          timeouts: { closeMs: 100 },
        },
      ],
      'store-eventstoredb connectEventStoreDb': () => ['esdb://127.0.0.1:1?tls=false'],
    },
    trusted: {
      'store-eventstoredb connectEventStoreDb()*': 'the client of the vendor',
      'store-eventstoredb openEventStoreDbStore()*': aStore,
    },
  },
};
