// Sets a global when it is loaded, which would look like a leak of the test that loads it first.
import '@eventstore/db-client';
import { EXIT } from '@login-policy/cli';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Place } from './running.js';
import { withServer } from './servers.js';

let place: Place;

beforeEach(async () => {
  place = await Place.make();
});
afterEach(() => place.remove());

const ORGANIZATIONS = Array.from({ length: 40 }, (_, index) => `org-${index}`);

/** Two states of each organization, a minute after one another, and four of the default around them. */
function importFile(): string {
  const states = ORGANIZATIONS.flatMap((organization, index) =>
    ['U2F', 'OTP_SMS'].map((factor, round) => {
      const at = new Date(Date.UTC(2024, round, 1, 0, index)).toISOString();
      return `  - { at: ${at}, organization: ${organization}, policy: { secondFactors: [${factor}] } }`;
    }),
  );
  const ofDefault = ['2023-12-01', '2024-01-01', '2024-02-01', '2024-03-01'].map(
    (day, index) => `  - { at: ${day}T00:10:30Z, policy: { secondFactors: [${index % 2 === 0 ? 'TOTP' : 'U2F'}] } }`,
  );
  return ['instance: old', 'policies:', ...states, ...ofDefault, ''].join('\n');
}

describe('importing into EventStoreDB', () => {
  it('goes over different policies side by side, each with its dates, after the default that it fell back to (T75)', () =>
    withServer('store-eventstoredb', async (esdb) => {
      await place.write('esdb', esdb);
      await place.write('old.yaml', importFile());
      const inFile = await place.run('import old.yaml --yes --store sqlite:old.db');
      const onServer = await place.run('import old.yaml --yes --store-file esdb');
      expect([inFile.code, onServer.code], onServer.err).to.deep.equal([EXIT.done, EXIT.done]);
      expect(onServer.out).to.equal('Took over 84 states of 41 policies.\n');
      const day = '2024-01-01T00:10:45Z';
      for (const command of [
        'history',
        'history org-7',
        'history org-39',
        `policy org-7 --as-of ${day}`,
        'policy org-39',
      ]) {
        const expected = await place.run(`${command} --instance old --store sqlite:old.db`);
        const found = await place.run(`${command} --instance old --store-file esdb`);
        expect(found.out, command).to.equal(expected.out);
        expect(found.out).to.match(/2024-0/);
      }
      const again = await place.run('import old.yaml --yes --store-file esdb');
      expect(again.out).to.equal('Took over 84 states of 41 policies before; nothing is new.\n');
      expect((await place.run('verify --store-file esdb')).code).to.equal(EXIT.done);
    }));
});
