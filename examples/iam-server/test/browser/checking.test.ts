import { expect } from 'chai';
import { beforeEach, it } from 'mocha';
import { eventually } from '../waiting.js';
import { describeInBrowser } from './suite.js';

describeInBrowser('the page: would this user get in?', (stage) => {
  beforeEach(() => stage.serve());

  it('explains the judgement rule by rule, and its address shows the same to others', async () => {
    const visitor = await stage.owner();
    const { page } = visitor;
    await visitor.goTo('Check a sign-in');
    await visitor.chooseOrganization('acme', 'Acme');
    await page.getByRole('heading', { name: 'No, they could not get in.' }).waitFor();
    await page.getByLabel('A password').check();
    await page.getByRole('heading', { name: 'Not yet: the first step is missing.' }).waitFor();
    await page.getByLabel('The password').check();
    await page.getByRole('heading', { name: 'Yes, they would get in.' }).waitFor();
    await page.getByText('they have no second factor that is allowed, and none is required').waitFor();
    const then = new Date().toISOString();
    const [acme] = stage.quickstart.organizationIds;
    await stage.apiOf(acme, 'POST /_customize');
    await stage.apiOf(acme, 'PUT', { allowUsernamePassword: true, forceMfa: true, passwordCheckLifetime: '864000s' });
    await page.getByLabel('Authenticator app (TOTP)').first().check();
    await page.getByRole('heading', { name: 'Not yet: the second step is missing.' }).waitFor();
    await page.getByText('It could be Authenticator app (TOTP).').waitFor();
    const address = await page.evaluate<string>('location.href');
    const other = await visitor.anotherTab();
    await other.page.goto(address.replace('TOTP', 'U2F'));
    await other.page.reload();
    await other.page.getByText('It could be Security key (U2F).').waitFor();
    await other.page.goto(`${address.replace('%2CTOTP', '')}&at=${encodeURIComponent(then)}`);
    await other.page.reload();
    await other.page.getByRole('heading', { name: 'Yes, they would get in.' }).waitFor();
    expect(await other.page.getByText('Acme is on the default policy.').count()).to.equal(1);
  });

  it('judges anew when a policy was changed, and marks a judgement of before the last choice', async () => {
    const visitor = await stage.owner();
    const { page } = visitor;
    const [acme] = stage.quickstart.organizationIds;
    await page.goto(`${stage.quickstart.url}/#/check?organization=${acme}&has=password,TOTP&shown=password,TOTP`);
    await page.getByRole('heading', { name: 'Yes, they would get in.' }).waitFor();
    await stage.apiOf(acme, 'POST /_customize');
    await page.getByText('Acme has a custom policy').waitFor();
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    await page.route('**/_evaluate_sign_in', async (route) => held.then(() => route.continue()), { times: 1 });
    await visitor.chooseOrganization('glob', 'Globex');
    const stale = page.locator('[aria-busy=true]').getByRole('heading', { name: 'Yes, they would get in.' });
    await stale.waitFor();
    expect(await page.getByText('Globex has a custom policy').count()).to.equal(0);
    goOn();
    await page.getByText('Globex is on the default policy').waitFor();
    await eventually('an end', async () => ((await page.locator('[aria-busy=true]').count()) === 0 ? true : undefined));
  });

  it('reports that the judgement is unknown if the policy cannot be read', async () => {
    const visitor = await stage.owner();
    const [acme] = stage.quickstart.organizationIds;
    await visitor.page.route('**/_evaluate_sign_in', (route) => route.abort('connectionreset'));
    await visitor.page.goto(`${stage.quickstart.url}/#/check?organization=${acme}&has=password`);
    await visitor.page.getByText('Whether they would get in can’t be read now').waitFor();
    await visitor.page.unroute('**/_evaluate_sign_in');
    await visitor.button('Try again').click();
    await visitor.page.getByRole('heading', { name: 'Not yet: the first step is missing.' }).waitFor();
    visitor.complaints.splice(0);
  });
});
