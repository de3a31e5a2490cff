import { type EventStore, isFault, revision } from '@login-policy/event-sourcing';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { FUNCTIONS } from './functions.js';
import { refusal } from './refusal.js';
import { allEvents, appendTo, counted, counterStream } from './sample.js';
import { onStorage, storages } from './stores.js';

type ReadStreamOptions = NonNullable<Parameters<EventStore['readStream']>[1]>;

const freshStorage = storages();

/** What somebody else may do to a schema while a program runs on it. */
const DONE_TO_IT = [
  'DROP SCHEMA {schema} CASCADE',
  'DROP TABLE {schema}.events CASCADE',
  'DROP TABLE {schema}.read_model_rows',
  'DROP SEQUENCE {schema}.revocations',
  `DROP FUNCTION {schema}.${FUNCTIONS.append}`,
  'ALTER TABLE {schema}.events RENAME TO gone',
  'ALTER TABLE {schema}.read_models DROP COLUMN checkpoint',
  "ALTER TABLE {schema}.events ADD CONSTRAINT theirs CHECK (type = 'Theirs') NOT VALID",
  'ALTER TABLE {schema}.events ALTER COLUMN type TYPE varchar(3) USING substring(type FOR 3)',
  'CREATE RULE theirs AS ON INSERT TO {schema}.events DO INSTEAD NOTHING',
  "CREATE FUNCTION {schema}.theirs() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''theirs''; END'; {trigger}",
  "CREATE FUNCTION {schema}.theirs() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; {trigger}",
];
const TRIGGER =
  'CREATE TRIGGER theirs BEFORE INSERT ON {schema}.events FOR EACH ROW EXECUTE FUNCTION {schema}.theirs()';

/** What the server may say, by its code, and what a caller is told. */
const CODES = {
  '54001': 'store-foreign',
  '55000': 'store-foreign',
  XX000: 'store-unavailable',
  ZZ999: 'store-unavailable',
};

describe('a store on PostgreSQL whose schema was changed by somebody else', () => {
  for (const done of DONE_TO_IT) {
    for (const preparedStatements of ['when-direct', 'never'] as const) {
      it(`reports that it cannot be used any more: ${done}, statements prepared ${preparedStatements}`, () =>
        onStorage(freshStorage(), async (storage) => {
          const store = await storage.open({ preparedStatements, models: [counterTotals] });
          for (let count = 0; count < 2; count++) await store.eventStore.append(appendTo('a'));
          const model = await store.readModels.open(counterTotals);
          await storage.pool.query(done.replace('{trigger}', TRIGGER).replaceAll('{schema}', `"${storage.schema}"`));
          for (const stream of ['a', 'a', 'b'])
            expect(isFault(await refusal(store.eventStore.append(appendTo(stream))), 'store-foreign')).to.equal(true);
          // What can still be read is read.
          for (const read of [() => allEvents(store.eventStore), () => model.read([counterStream('a')])]) {
            const caught: unknown = await read().then(
              () => undefined,
              (error: unknown) => error,
            );
            if (caught !== undefined) expect(isFault(caught, 'store-foreign')).to.equal(true);
          }
        }));
    }
  }

  it('passes on no error of the driver, whatever the code of the server (Q73)', () =>
    onStorage(freshStorage(), async (storage) => {
      const { pool, schema } = storage;
      const { eventStore } = await storage.open();
      for (const [code, fault] of Object.entries(CODES)) {
        const raise = `BEGIN RAISE ''theirs'' USING ERRCODE = ''${code}''; END`;
        await pool.query(`CREATE OR REPLACE FUNCTION "${schema}".theirs() RETURNS trigger LANGUAGE plpgsql AS '${raise}';
          ${TRIGGER.replace('CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER').replace('BEFORE', 'AFTER').replaceAll('{schema}', `"${schema}"`)}`);
        const caught = await refusal(eventStore.append(appendTo('a')));
        expect([code, isFault(caught) ? caught.code : caught]).to.deep.equal([code, fault]);
        expect(caught).to.have.nested.property('cause.code', code);
      }
    }));

  const omissions: readonly (readonly [change: string, noticed: 'at once' | 'at the next look-up'])[] = [
    ['INSERT ON {schema}.events FOR EACH ROW', 'at once'],
    ['INSERT ON {schema}.events FOR EACH ROW WHEN (NEW.revision = 2)', 'at once'],
    ['INSERT ON {schema}.receipts FOR EACH ROW', 'at once'],
    ['UPDATE ON {schema}.read_model_rows FOR EACH ROW', 'at the next look-up'],
    ['INSERT ON {schema}.read_model_entries FOR EACH ROW', 'at the next look-up'],
  ];
  for (const [change, noticed] of omissions)
    it(`takes no append while a trigger may leave out what is written, noticed ${noticed}: ${change}`, () =>
      onStorage(freshStorage(), async ({ open, pool, schema }) => {
        const running = await open({ models: [counterTotals] });
        await running.eventStore.append(appendTo('a'));
        // A store that has just been opened looks up all.
        const { eventStore } = noticed === 'at once' ? running : await open({ models: [counterTotals] });
        const tampering = `CREATE FUNCTION {schema}.theirs() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
          CREATE TRIGGER theirs BEFORE ${change} EXECUTE FUNCTION {schema}.theirs()`;
        await pool.query(tampering.replaceAll('{schema}', `"${schema}"`));
        const two = { ...appendTo('a'), events: [counted(), counted()], receipt: { key: 'k', fingerprint: 'f' } };
        expect(isFault(await refusal(eventStore.append(two)), 'store-foreign')).to.equal(true);
        await pool.query(`DROP FUNCTION "${schema}".theirs CASCADE`);
        await eventStore.append(two);
      }));

  it('notices a deleted event', () =>
    onStorage(freshStorage(), async (storage) => {
      const { eventStore } = await storage.open();
      for (let count = 0; count < 4; count++) await eventStore.append(appendTo('a'));
      const eventsOf = async (options: ReadStreamOptions): Promise<number> => {
        let count = 0;
        for await (const page of eventStore.readStream(counterStream('a'), options)) count += page.length;
        return count;
      };
      const ways: readonly ReadStreamOptions[] = [
        {},
        { pageSize: 1 },
        { direction: 'backwards' },
        { from: revision(1) },
      ];
      for (const lost of [1, 0]) {
        await storage.pool.query(`DELETE FROM "${storage.schema}".events WHERE revision = ${lost}`);
        for (const way of ways)
          expect(await refusal(eventsOf(way)), JSON.stringify(way.direction)).to.have.property('code', 'store-damaged');
      }
      expect(await eventsOf({ from: revision(2) })).to.equal(2);
    }));

  it('reports a malformed receipt as damage, where it is looked up and where all are listed', () =>
    onStorage(freshStorage(), async (storage) => {
      const { eventStore } = await storage.open();
      await eventStore.append({ ...appendTo('a'), receipt: { key: 'k', fingerprint: 'f' } });
      await storage.pool.query(`UPDATE "${storage.schema}".receipts SET revision = -1`);
      const listed = async (): Promise<unknown> => {
        for await (const page of eventStore.receipts?.() ?? []) return page;
        return 'nothing was listed';
      };
      for (const read of [() => eventStore.receipt(counterStream('a'), 'k'), listed])
        expect(await refusal(read())).to.include({ code: 'store-damaged' });
    }));

  it('reports a malformed id as damage, of the last event and of the last one of a stream', () =>
    onStorage(freshStorage(), async (storage) => {
      const { eventStore } = await storage.open();
      for (const stream of ['a', 'b']) await eventStore.append(appendTo(stream));
      for (const stream of ['a', 'b']) {
        await storage.pool.query(`UPDATE "${storage.schema}".events SET id = 'x' WHERE stream LIKE '%${stream}'`);
        const { eventStore: another } = await storage.open();
        expect(await refusal(another.append(appendTo(stream)))).to.include({ code: 'store-damaged' });
      }
      expect(await refusal(eventStore.head())).to.include({ code: 'store-damaged' });
    }));

  it('is refused at opening if the table with its version is missing', () =>
    onStorage(freshStorage(), async (storage) => {
      await storage.open();
      await storage.pool.query(`DELETE FROM "${storage.schema}".versions`);
      expect(isFault(await refusal(storage.open()), 'store-foreign')).to.equal(true);
    }));
});
