import { spawnSync } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { EXIT } from '@login-policy/cli';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { writeHistoryIn } from './copying.js';
import { Place } from './running.js';
import { withServer } from './servers.js';

let place: Place;

beforeEach(async () => {
  place = await Place.make();
  await place.seed();
});
afterEach(() => place.remove());

/** Damages of a store, and what is reported of each. */
const DAMAGES: readonly (readonly [sql: string, where: RegExp])[] = [
  [
    `UPDATE events SET data = '{"factor":"TOPT"}' WHERE position = 2`,
    /event \w+ \(revision 1 of instanceLoginPolicy-iam\): /,
  ],
  [`DELETE FROM events WHERE position = 7`, /revision 2 was to come next|revision 3 of|breaks off|append/],
  [
    `DELETE FROM rows WHERE key LIKE '%globex'; DELETE FROM row_index WHERE key LIKE '%globex'`,
    /organization globex: it is missing/,
  ],
  [
    `UPDATE rows SET row = replace(row, '"forceMfa":false', '"forceMfa":true')`,
    /instance iam: it does not match the events/,
  ],
  [
    `UPDATE rows SET row = replace(row, '"TOTP","U2F"', '"U2F","TOTP"') WHERE key LIKE '%globex'`,
    /organization globex: it does not match the events/,
  ],
  [
    `DELETE FROM row_index WHERE name = 'allowing' AND key LIKE '%globex'`,
    /list of those that allow \w+ of instance iam: globex is missing/,
  ],
  [
    `INSERT INTO row_index SELECT model, key, 'warned', 'iam' || char(10) || 'no-factor-left' FROM rows WHERE key LIKE '%globex'`,
    /list of those with the warning no-factor-left of instance iam: globex does not belong on it/,
  ],
  [
    `DELETE FROM events WHERE position = (SELECT max(position) FROM events)`,
    /its append is incomplete: later events are missing/,
  ],
];

describe('verifying a store', () => {
  it('reports that no problems were found', async () => {
    const { code, out } = await place.run('verify');
    expect([code, out]).to.deep.equal([EXIT.done, '8 events in 2 streams, 2 policies. No problems found.\n']);
  });

  it('reports nothing about a policy that another program removes meanwhile', async () => {
    const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
    let removed: number | null | undefined;
    const { code, out } = await place.run('verify', {
      onErr: () => {
        const argv = [program, 'reset', 'globex', '--yes', '--store', 'sqlite:iam.db'];
        removed ??= spawnSync(process.execPath, argv, { cwd: place.folder }).status;
      },
    });
    expect([removed, code]).to.deep.equal([EXIT.done, EXIT.done]);
    expect(out).to.contain('No problems found.');
  });

  it('counts one event, one stream and one policy as one', async () => {
    await place.policies((policies) => policies.add({ instanceId: 'one' }, {}, { actor: 'setup' }), 'one.db');
    expect((await place.run('verify --store sqlite:one.db')).out).to.equal(
      '1 event in 1 stream, 1 policy. No problems found.\n',
    );
  });

  it('reports each problem with its place: damaged content, a gap, a row, a list', async () => {
    for (const [sql, where] of DAMAGES) {
      await place.remove();
      place = await Place.make();
      await place.seed();
      place.tamper(sql);
      const { code, out, err } = await place.run('verify');
      expect(out + err, sql).to.match(where);
      expect(code, sql).to.equal(EXIT.refused);
    }
  });

  it('finds damage that rebuild then repairs', async () => {
    place.tamper(`DELETE FROM rows WHERE key LIKE '%globex'; DELETE FROM row_index WHERE key LIKE '%globex'`);
    expect((await place.run('verify')).code).to.equal(EXIT.refused);
    const rebuilt = await place.run('rebuild');
    expect([rebuilt.code, rebuilt.err]).to.deep.equal([EXIT.done, '']);
    expect(rebuilt.out).to.match(/^Made anew, up to @\d+\.\n$/);
    expect((await place.run('verify')).code).to.equal(EXIT.done);
    expect((await place.run('lag')).out).to.equal('0 events behind, the oldest for 0.0 s.\n');
  });
});

describe('a store that keeps no rows', () => {
  it('has nothing that lags or could be rebuilt, and both commands say so (T67)', () =>
    withServer('store-eventstoredb', async (esdb) => {
      await place.write('esdb', esdb);
      await place.run('copy sqlite:iam.db @esdb');
      for (const command of ['lag', 'rebuild']) {
        const { code, out, err } = await place.run(`${command} --store-file esdb`);
        expect([code, out]).to.deep.equal([EXIT.usage, '']);
        expect(err).to.match(/^This store keeps no rows: .*nothing here that can lag or be rebuilt/);
      }
    }));
});

describe('the rows of a store that keeps none', () => {
  it('are kept where --rows says, and are read only by what needs them (T69)', () =>
    withServer('store-eventstoredb', async (esdb) => {
      await place.write('esdb', esdb);
      await place.run('copy sqlite:iam.db @esdb');
      const on = '--store-file esdb --rows sqlite:rows.db';
      for (const command of ['history', 'history globex', 'policy', 'policy globex', 'diff --from 1']) {
        const kept = await place.run(`${command} ${on}`);
        expect(kept.out, command).to.equal((await place.run(`${command} --store sqlite:iam.db`)).out);
        expect(kept.code, kept.err).to.equal(EXIT.done);
      }
      const change = 'add-second-factor OTP_SMS --org globex --actor me --yes';
      expect((await place.run(`${change} ${on}`)).out).to.match(/Done: sequence \d+\.\n$/);
      const none = await place.run(`lag ${on} --json`);
      expect(none.code).to.equal(EXIT.refused);
      expect(none.out).to.match(/"events": [1-9]/);
      expect((await place.run(`who-allows TOTP ${on}`)).code).to.equal(EXIT.done);
      expect((await place.run(`lag ${on}`)).out).to.match(/^0 events behind/);
      expect((await place.run(`rebuild ${on}`)).out).to.match(/^Made anew, up to @/);
      const inMemory = await place.run('who-allows TOTP --store-file esdb');
      expect(inMemory.err).to.equal(
        'This store keeps no rows, so all events are read. With --rows a database keeps them.\n',
      );
      const own = await place.run('lag --store sqlite:iam.db --rows sqlite:rows.db');
      expect([own.code, own.err]).to.deep.equal([
        EXIT.usage,
        '--rows is for EventStoreDB: this store keeps its rows itself.\n',
      ]);
    }));
});

describe('a store that can’t be used', () => {
  it('reports a newer version and a foreign store separately, each with advice', async () => {
    place.tamper('PRAGMA user_version = 99');
    const newer = await place.run('status');
    expect([newer.code, newer.err]).to.deep.equal([
      EXIT.store,
      `${place.path('iam.db')} can't be used: expected schema version 1 or older, got 99. Name another store, or use the version of this program that fits (login-policy migrate).\n`,
    ]);
    place.tamper('PRAGMA application_id = 7');
    expect((await place.run('migrate')).code).to.equal(EXIT.store);
  });
});

describe('a store of an older version', () => {
  it('is migrated by nothing but migrate, because programs of that version could not go on', async () => {
    await place.write('policies.yaml', 'default: { secondFactors: [U2F] }\n');
    await place.run('plan policies.yaml --out plan.json');
    place.tamper('PRAGMA user_version = 0');
    for (const line of ['change forceMfa=yes --dry-run', 'reset globex --yes', 'rebuild', 'apply plan.json --yes']) {
      const { code, out, err } = await place.run(line);
      expect([code, out], line).to.deep.equal([EXIT.store, '']);
      expect(err, line).to.contain('expected schema version 1, got 0').and.to.contain('login-policy migrate');
    }
    const backup = await place.run('backup copy.db');
    expect([backup.code, backup.err]).to.deep.equal([
      EXIT.store,
      `${place.path('iam.db')} can't be used: expected schema version 1, got 0: a program that may write has to migrate it. Back it up by the version of login-policy that wrote it, before you migrate it.\n`,
    ]);
    place.tamper('PRAGMA user_version = 1');
    expect((await place.run('change forceMfa=yes --dry-run')).code).to.equal(EXIT.different);
  });
});

describe('a store that another program has locked', () => {
  it('can be read, and a change reports that it can be retried', async () => {
    const other = new DatabaseSync(place.path('iam.db'));
    other.exec('BEGIN IMMEDIATE');
    expect((await place.run('policy')).code).to.equal(EXIT.done);
    const { code, err } = await place.run('change forceMfa=yes --yes');
    other.close();
    expect(code).to.equal(EXIT.tryAgain);
    expect(err).to.equal(
      `${place.path('iam.db')} is not available: database is locked. Run the same command again later.\n`,
    );
    expect((await place.run('change forceMfa=yes --yes')).code).to.equal(EXIT.done);
  });
});

describe('keeping a store', () => {
  it('creates a missing store, and does nothing the second time', async () => {
    for (const time of [1, 2]) {
      const { code, out } = await place.run('migrate --store sqlite:new.db');
      expect([time, code, out]).to.deep.equal([time, EXIT.done, 'sqlite:new.db is ready for this version.\n']);
    }
    expect((await place.run('status --store sqlite:new.db')).out).to.contain('no events');
  });

  it('backs up a file while it is in use, and never overwrites one', async () => {
    await writeHistoryIn(place, { rounds: 1 }).catch(() => undefined);
    const { code } = await place.run('backup copy.db');
    expect(code).to.equal(EXIT.done);
    expect((await place.run('verify --store sqlite:copy.db')).code).to.equal(EXIT.done);
    const again = await place.run('backup copy.db');
    expect([again.code, again.err]).to.deep.equal([EXIT.output, 'copy.db exists already, and is not overwritten.\n']);
    const other = await place.run('backup x --store postgres://localhost/iam');
    expect(other.err).to.contain('login-policy copy postgres://localhost/iam sqlite:FILE');
  });
});
