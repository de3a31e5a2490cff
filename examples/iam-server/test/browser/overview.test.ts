import type { Locator } from 'playwright-core';
import { expect } from 'chai';
import { before, it } from 'mocha';
import { bearer, call, json } from '../client.js';
import { describeInBrowser } from './suite.js';

const PASSKEYS = '/admin/v1/policies/login/multi_factors/MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';

const LATER = new Date(Date.now() + 86_400_000).toISOString();
const NO_TOTP = { type: 'removeSecondFactor', factor: 'TOTP' };

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

  it('leads from each number of people to those who are counted, and on to a check of their sign-in', async () => {
    const visitor = await stage.owner();
    await visitor.goTo('Overview');
    const { page } = visitor;
    const people = page.getByRole('region', { name: 'How people sign in' });
    const row = people.getByRole('row', { name: /^By two factors/ });
    await row.waitFor();
    const counted = Number(
      await row
        .getByRole('cell')
        .first()
        .innerText()
        .then((text) => /\d+/.exec(text)?.[0]),
    );
    await row.getByRole('link').first().click();
    await visitor.heading('Users').waitFor();
    await page.getByRole('rowheader').first().waitFor();
    expect(await page.getByRole('rowheader').count()).to.equal(counted);
    const name = await page.getByRole('rowheader').last().innerText();
    await page.getByRole('searchbox', { name: 'Name or id' }).fill(name);
    await visitor.until("document.querySelectorAll('tbody th').length === 1");
    await page.getByRole('link', { name: `Check a sign-in of ${name}` }).click();
    await visitor.heading('Check a sign-in').waitFor();
    await page.getByRole('checkbox', { name: 'A password', checked: true }).first().waitFor();
    await page.goBack();
    await page.goBack();
    await people
      .getByRole('row', { name: /^By one factor only/ })
      .getByRole('link')
      .last()
      .click();
    await visitor.heading('Users').waitFor();
    await page.getByRole('row', { name: /owner.*Of the instance itself.*Yes/ }).waitFor();
    expect(await page.getByRole('checkbox', { name: 'Only administrators' }).isChecked()).to.equal(true);
  });

  it('names what waits: an approval, a date, a rollout', async () => {
    const headers = { 'login-policy-reason': 'planned' };
    const propose = async (body: (seen: string) => object): Promise<void> => {
      const { tokens, url } = stage.quickstart;
      const { seen } = json<{ readonly seen: string }>(await stage.api('GET', '/admin/v1/policies/login/whole'));
      const given = { verb: 'POST', headers: { ...headers, ...bearer(tokens.owner) }, body: body(seen) };
      const answer = await call(url, '/admin/v1/policies/login/_propose', given);
      expect(answer.status, answer.bytes.toString()).to.equal(200);
    };
    const waiting = async (): Promise<Locator> => {
      const visitor = await stage.owner();
      await visitor.goTo('Overview');
      return visitor.page.getByRole('region', { name: 'Waiting' });
    };
    await stage.serve();
    await propose((seen) => ({ command: NO_TOTP, seen, at: LATER }));
    await propose((seen) => ({ rollout: { command: NO_TOTP, seen }, at: LATER }));
    const withDates = await waiting();
    await withDates.getByRole('link', { name: '1 proposed rollout' }).waitFor();
    await withDates.getByRole('link', { name: '1 change with a date' }).click();
    const page = withDates.page();
    await page.getByText('Approved, not yet due').waitFor();
    expect(await page.getByRole('heading', { name: 'Remove Authenticator app (TOTP)' }).count()).to.equal(1);
    await stage.sendHome();
    await stage.serve({ IAM_FOUR_EYES: 'yes' });
    await propose((seen) => ({ command: NO_TOTP, seen }));
    await (await waiting()).getByRole('link', { name: '1 proposal to approve' }).waitFor();
  });

  it('says so where the read model is behind', async () => {
    const visitor = await stage.owner();
    const state = JSON.stringify({ state: 'stopped', events: 12, seconds: 61.2 });
    await visitor.page.route('**/iam/v1/read-model', (route) =>
      route.fulfill({ status: 200, contentType: 'application/json', body: state }),
    );
    await visitor.goTo('Overview');
    const attention = visitor.page.getByRole('region', { name: 'Needs attention' });
    await attention.getByText('The read model stands still, 12 events and 61 seconds behind').waitFor();
  });
});
