import type { SQLiteProjectionDefinition } from '@event-driven-io/emmett-sqlite';
import type { Contender, Row, Setting } from '../harness/row.js';
import { ratePerSecond } from '../harness/stopwatch.js';
import { atLeast } from '../harness/targets.js';
import type { RawFile } from '../raw/raw-file.js';
import { oursInline } from '../workload/our-contenders.js';
import { historyOf, type PlainEvent } from '../workload/plain-events.js';
import { evolvePlain, noPolicy, type PlainPolicy } from '../workload/plain-policy.js';
import { streamOf } from '../workload/recorded-history.js';
import { emmettSqlite, openEmmett, withOurs, withRawFile } from './sqlite-contenders.js';

const STREAM = streamOf(0);

/** Row 4. */
export const inlineProjection: Row = {
  name: 'inline-projection',
  work: 'append with inline projection, SQLite FULL',
  unit: 'appends/s',
  warmUps: 1,
  contenders: async (setting) => [raw(setting), ...oursInline(withOurs(setting), countOf(setting)), emmett(setting)],
  judge: (medians) => [atLeast({ of: 'ours', against: 'raw', times: 0.8 }, medians)],
};

function countOf({ isQuick }: Setting): number {
  return isQuick ? 300 : 2000;
}

function raw(setting: Setting): Contender {
  const count = countOf(setting);
  return {
    name: 'raw',
    how: 'better-sqlite3, in one transaction: insert the event, read the row, fold, write the row',
    measure: () =>
      withRawFile(setting, (file) =>
        ratePerSecond(count, () => {
          for (const [revision, event] of historyOf(count).entries()) append(file, revision, event);
        }),
      ),
  };
}

function append(file: RawFile, revision: number, event: PlainEvent): void {
  file.together(() => {
    file.insert({ stream: STREAM, revision }, event);
    const policy = policyIn(file.row(STREAM));
    file.putRow(STREAM, JSON.stringify(evolvePlain(policy, event, Date.now())));
  });
}

function policyIn(row: string | undefined): PlainPolicy {
  if (row === undefined) return noPolicy;
  const parsed: unknown = JSON.parse(row);
  if (isPolicy(parsed)) return parsed;
  throw new TypeError(`no policy: ${row}`);
}

function isPolicy(value: unknown): value is PlainPolicy {
  return typeof value === 'object' && value !== null;
}

function emmett(setting: Setting): Contender {
  const count = Math.min(countOf(setting), 1000);
  return emmettSqlite(setting, {
    name: 'emmett-sqlite',
    how: `appendToStream with an inline projection that reads and writes the row; only ${count} appends`,
    measure: async (module, path) => {
      const store = await openEmmett(module, path, [{ type: 'inline', projection }]);
      return ratePerSecond(count, async () => {
        for (const event of historyOf(count)) await store.appendToStream<PlainEvent>(STREAM, [event]);
      });
    },
  });
}

const projection: SQLiteProjectionDefinition<PlainEvent> = {
  canHandle: ['LoginPolicyAdded', 'SecondFactorAdded', 'MultiFactorAdded', 'MultiFactorRemoved'],
  init: async ({ context: { connection } }) => {
    await connection.command('CREATE TABLE IF NOT EXISTS policies (key TEXT PRIMARY KEY, row TEXT NOT NULL)');
  },
  handle: async (events, { connection }) => {
    for (const event of events) {
      const key = event.metadata.streamName;
      const found = await connection.querySingle<{ row: string }>('SELECT row FROM policies WHERE key = ?', [key]);
      const after = evolvePlain(policyIn(found?.row), event, Date.now());
      const put = 'INSERT OR REPLACE INTO policies (key, row) VALUES (?, ?)';
      await connection.command(put, [key, JSON.stringify(after)]);
    }
  },
};
