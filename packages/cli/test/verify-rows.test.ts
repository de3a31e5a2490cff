import { EXIT } from '@login-policy/cli';
import { orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Place } from './running.js';

const BY = { actor: 'somebody else' };
let place: Place;

beforeEach(async () => {
  place = await Place.make();
  await place.seed();
});
afterEach(() => place.remove());

describe('verifying lists', () => {
  it('reports an unreadable custom policy once, and goes on comparing the lists', async () => {
    place.tamper(`UPDATE events SET data = '{"factor":"TOPT"}' WHERE position = (SELECT max(position) FROM events)`);
    await place.run('rebuild');
    const { code, out } = await place.run('verify');
    expect(out)
      .to.match(/^event \w+ \(revision 3 of organizationLoginPolicy-iam\/globex\): /)
      .and.to.contain(' 1 finding.');
    expect(code).to.equal(EXIT.refused);
  });
});

describe('verifying metadata', () => {
  it('names each text that is recorded as something else, which every read leaves out (T44)', async () => {
    place.tamper(`UPDATE events SET metadata = json_set(metadata, '$.reason', 5) WHERE position = 1;
      UPDATE events SET metadata = json_set(metadata, '$.causationId', json('null')) WHERE position = 2`);
    const { code, out } = await place.run('verify');
    expect(out)
      .to.match(/^event \w+ \(revision 0 of \w+-iam\): its metadata has a reason that is not text, which every read/)
      .and.to.match(/\nevent \w+ \(revision 1 of [^)]+\): its metadata has a causationId that is not text/)
      .and.to.contain(' 2 findings.');
    expect(code).to.equal(EXIT.refused);
  });
});

describe('verifying streams', () => {
  it('reports an event that only its stream has, as one that was moved to position 0', async () => {
    await place.run('change forceMfa=yes --yes');
    place.tamper('UPDATE events SET position = 0 WHERE position = (SELECT max(position) FROM events)');
    const { code, out } = await place.run('verify');
    expect(out).to.match(/^event \w+ \(revision 4 of instanceLoginPolicy-iam\): it is in its stream, and a read/m);
    expect(code).to.equal(EXIT.refused);
  });
});

describe('verifying rows while others write', () => {
  it('reports nothing about policies that come and go, and have other factors each time', async () => {
    const reported: string[] = [];
    await place.policies(async (policies) => {
      for (let count = 0; count < 300; count++)
        orThrow(await policies.customize({ instanceId: 'iam', organizationId: `still-${count}` }, BY));
      let isVerified = false;
      const writing = (async () => {
        for (let count = 0; !isVerified; count++) {
          const owner = { instanceId: 'iam', organizationId: `o-${count % 5}` };
          const isThere = (await policies.policy(owner)).outcome === 'found';
          const secondFactors = count % 2 === 0 ? (['TOTP'] as const) : (['U2F'] as const);
          orThrow(await (isThere ? policies.remove(owner, BY) : policies.add(owner, { secondFactors }, BY)));
        }
      })();
      for (let run = 0; run < 12; run++) {
        const { out } = await place.run('verify');
        if (!out.endsWith('. No problems found.\n')) reported.push(out);
      }
      isVerified = true;
      await writing;
    });
    expect(reported).to.deep.equal([]);
  });
});

describe('verifying rows beside other damage', () => {
  it('reports the row of a default policy all of whose events are gone', async () => {
    place.tamper("DELETE FROM events WHERE stream = 'instanceLoginPolicy-iam'");
    const { code, out } = await place.run('verify');
    expect(out).to.contain('the row of instance iam: it contains an event that its stream lacks\n');
    expect(code).to.equal(EXIT.refused);
  });

  it('reports rows of policies without any event, which stand in no list', async () => {
    place.tamper(`INSERT INTO rows SELECT model, key || '-lost', row FROM rows`);
    const { code, out } = await place.run('verify');
    expect(out).to.contain('the rows: expected 2, one for each policy, got 4. Run login-policy rebuild.\n');
    expect(code).to.equal(EXIT.refused);
  });

  it('reports every row, also beside one that can’t be read', async () => {
    place.tamper(`UPDATE rows SET row = '?' WHERE key LIKE 'instance%';
      UPDATE rows SET row = replace(row, '"forceMfa":false', '"forceMfa":true') WHERE key LIKE '%globex'`);
    const { code, out } = await place.run('verify');
    expect(out)
      .to.match(/^the row of instance iam: .*is damaged/)
      .and.to.contain('\nthe row of organization globex: it does not match the events\n');
    expect(code).to.equal(EXIT.refused);
  });

  it('says what was not checked because of an event that is not JSON, and checks the rest', async () => {
    place.tamper(`UPDATE events SET data = '?' WHERE position = 3; DROP INDEX row_index_by_value`);
    const { code, out } = await place.run('verify');
    expect(out)
      .to.match(/^the store: .*\. Neither the events from there on nor receipts and rows were checked\n/)
      .and.to.match(/\nthe store: .* is damaged: the index row_index_by_value is missing; /);
    expect(code).to.equal(EXIT.refused);
  });
});

describe('verifying what is stored beside the events', () => {
  it('reports a page of the file that no read meets', async () => {
    await place.blank('events_by_stream');
    const { code, out } = await place.run('verify');
    expect(out).to.match(/^after 8 events: .*iam\.db is damaged: .*; restore it from a backup\n/);
    expect(code).to.equal(EXIT.refused);
  });

  it('advises a rebuild where a program wrote without the read model', async () => {
    place.tamper('UPDATE models SET checkpoint = NULL');
    const advice = 'The read model of this store is missing or lagging. Run login-policy rebuild.';
    for (const line of ['verify', 'status', 'policy', 'who-allows TOTP']) {
      const { out, err } = await place.run(line);
      expect(out + err, line).to.contain(advice);
    }
  });

  const ROW_DIFFERS = /^the row of instance one: it does not match the events/m;
  const damage: readonly (readonly [sql: string, where: RegExp])[] = [
    [
      'DELETE FROM receipts',
      /^event \w+ \(revision 0 of instanceLoginPolicy-one\): the receipt of its idempotency key is missing/,
    ],
    ['UPDATE receipts SET revision = 7', /^the receipt "k" of instanceLoginPolicy-one: it names revision 7, and/],
    [
      "UPDATE receipts SET fingerprint = ''",
      /^the receipt "k" of instanceLoginPolicy-one: it does not have the fingerprint/,
    ],
    ["UPDATE receipts SET key = 'other', revision = 7", /: it names revision 7, which its stream lacks\n/],
    [
      'DROP INDEX events_by_stream; CREATE INDEX events_by_stream ON events (stream, revision)',
      /is damaged: the index events_by_stream is not one of `CREATE UNIQUE INDEX`; /,
    ],
    ['DROP INDEX events_by_stream', /^after 9 events: .* is damaged: the index events_by_stream is missing; /],
    ['UPDATE receipts SET revision = -1', /^after 9 events: .*receipt/],
    ["UPDATE receipts SET stream = 'nowhere'", /^after 9 events: .*receipt/],
    [`UPDATE rows SET row = replace(row, '"createdAt":"2', '"createdAt":"3')`, ROW_DIFFERS],
    [`UPDATE rows SET row = replace(row, '"changedAt":"2', '"changedAt":"3')`, ROW_DIFFERS],
  ];
  async function isReported(sql: string, where: RegExp): Promise<void> {
    const context = { actor: 'setup', idempotencyKey: 'k' };
    await place.policies((policies) => policies.add({ instanceId: 'one' }, {}, context));
    expect((await place.run('verify')).code).to.equal(EXIT.done);
    place.tamper(sql);
    const { code, out } = await place.run('verify');
    expect(out).to.match(where);
    expect(code).to.equal(EXIT.refused);
  }

  for (const [sql, where] of damage) it(`reports: ${sql}`, () => isReported(sql, where));
});
