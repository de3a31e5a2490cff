import { EXIT } from '@login-policy/cli';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { plannedIn } from './planning.js';
import { Place } from './running.js';

const users = { hasPassword: true, factors: [], identityProviders: [], users: 12, administrators: 2 };
const CHANGE = 'change allowUsernamePassword=no --yes';

describe('a change over the API of a server that knows its users', () => {
  let place: Place;
  beforeEach(async () => {
    place = await Place.make();
    await place.seed();
    place.over('api');
    await place.serve('iam.db', { census: () => [[users, { ...users, organizationId: 'globex', administrators: 0 }]] });
  });
  afterEach(() => place.remove());

  it('tells whom it affects, and is refused if it locks users out, unless so many are acknowledged', async () => {
    const shown = await place.run('change forceMfa=yes --dry-run');
    expect(shown.out).to.contain('  Users: must set up a factor 12 (2 of them administrators).\n');
    const refused = await place.run(CHANGE);
    expect(refused.code).to.equal(EXIT.refused);
    expect(refused.err).to.contain('It would lock out 12 of 12 users, among them 2 of 2 administrators.');
    expect((await place.run(`${CHANGE} --acknowledge users-locked-out=11`)).code).to.equal(EXIT.refused);
    expect((await place.run(`${CHANGE} --acknowledge users-locked-out=12`)).code).to.equal(EXIT.done);
    expect((await place.run(`${CHANGE} --acknowledge users-locked-out=many`)).code).to.equal(EXIT.usage);
  });

  it('everywhere sums the users of all policies', async () => {
    const { out } = await place.run('change forceMfa=yes --everywhere --dry-run');
    expect(out).to.contain('Users: must set up a factor 24 (2 of them administrators).\n');
  });

  it('is planned and applied with the number that was acknowledged', async () => {
    const lock = 'default:\n  settings: { allowUsernamePassword: false }\n';
    expect((await plannedIn(place, lock)).code).to.equal(EXIT.refused);
    expect((await plannedIn(place, lock, ' --acknowledge users-locked-out=12')).code).to.equal(EXIT.different);
    expect((await place.run('apply plan.json --yes')).code).to.equal(EXIT.done);
  });
});
