import { expect } from 'chai';
import { before, it } from 'mocha';
import { describeInBrowser } from './suite.js';

const PASSKEYS = '/admin/v1/policies/login/multi_factors/MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';

describeInBrowser('the page: the overview', (stage) => {
  before(() => stage.serve());

  it('is the first view: how people sign in, as a bar and as a table, and what a change makes of it', async () => {
    const visitor = await stage.visitor();
    const { name, password } = stage.quickstart.users.owner;
    await visitor.tryToSignIn(name, password);
    await visitor.heading('Overview').waitFor();
    const people = visitor.page.getByRole('region', { name: 'How people sign in' });
    await people.getByRole('row', { name: /^By passkey 3 / }).waitFor();
    expect(await people.locator('.bar > span').count()).to.be.above(1);
    await stage.api('DELETE', PASSKEYS);
    await people.getByRole('row', { name: /^By passkey 0 0$/ }).waitFor();
    const changed = visitor.page.getByRole('region', { name: 'Changed last' });
    await changed.getByText('Removed Passkeys (U2F with verification)').waitFor();
    await stage.api('POST', PASSKEYS.slice(0, PASSKEYS.lastIndexOf('/')), { type: PASSKEYS.split('/').at(-1) });
  });

  it('links what needs attention to the list behind it', async () => {
    const [acme, globex] = stage.quickstart.organizationIds;
    await stage.api('PUT', '/admin/v1/policies/login', {
      allowUsernamePassword: true,
      passwordlessType: 'PASSWORDLESS_TYPE_ALLOWED',
    });
    await stage.apiOf(globex, 'POST /_customize');
    await stage.apiOf(acme, 'POST /_customize');
    await stage.apiOf(acme, 'PUT', { passwordlessType: 'PASSWORDLESS_TYPE_NOT_ALLOWED' });
    const visitor = await stage.owner();
    await visitor.goTo('Overview');
    const attention = visitor.page.getByRole('region', { name: 'Needs attention' });
    await attention.getByRole('link', { name: '1 organization with a policy that locks users out' }).click();
    await visitor.page.getByRole('row', { name: /Acme.*Everybody/ }).waitFor();
    expect(await visitor.page.getByRole('rowheader').count()).to.equal(1);
  });
});
