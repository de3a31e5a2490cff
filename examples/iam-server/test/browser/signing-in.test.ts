import { expect } from 'chai';
import { before, it } from 'mocha';
import { call } from '../client.js';
import { describeInBrowser } from './suite.js';

describeInBrowser('the page: signing in and out', (stage) => {
  before(() => stage.serve());

  it('reports a wrong password, accepts the right one, and stays signed in after a reload', async () => {
    const visitor = await stage.visitor();
    await visitor.tryToSignIn('owner', 'wrong');
    await visitor.page.getByRole('alert').getByText('.').first().waitFor();
    expect(await visitor.heading('Default policy').count()).to.equal(0);
    await visitor.signIn('owner');
    await visitor.page.reload();
    await visitor.heading('Default policy').waitFor();
    await visitor.page.getByText('Live', { exact: true }).waitFor();
  });

  it('causes no console errors for a first visit and sign-in', async () => {
    const visitor = await stage.visitor();
    await visitor.signIn('owner');
    expect(visitor.complaints).to.deep.equal([]);
  });

  it('invalidates the session, so that a copy of it is useless', async () => {
    const visitor = await stage.visitor();
    await visitor.signIn('owner');
    const cookies = await visitor.page.context().cookies();
    const session = cookies.find(({ name }) => name.startsWith('session-'));
    expect(session).to.include({ httpOnly: true, sameSite: 'Strict' });
    const headers = { cookie: `${session?.name}=${session?.value}` };
    const { url } = stage.quickstart;
    expect((await call(url, '/admin/v1/policies/login', { headers })).status).to.equal(200);
    await visitor.button('Sign out').click();
    await visitor.heading('Login policy').waitFor();
    expect((await call(url, '/admin/v1/policies/login', { headers })).status).to.equal(401);
    const left = (await visitor.page.context().cookies()).map(({ name }) => name.split('-')[0]);
    expect(left, 'what tells this browser from others who guess').to.deep.equal(['device']);
    await visitor.page.goBack().catch(() => undefined);
    expect(await visitor.heading('Default policy').count()).to.equal(0);
  });

  it('tells a user of an organization that they are signed in, and shows them no refusals', async () => {
    const [acme] = stage.quickstart.organizationIds;
    const said = await stage.command(['user', 'add', 'olga', '--organization', acme]);
    const visitor = await stage.visitor();
    await visitor.tryToSignIn('olga', said.split(' ').at(-1) ?? '');
    await visitor.heading('You are signed in').waitFor();
    await visitor.page.getByText('As olga of Acme, at Example IAM.').waitFor();
    await visitor.button('Sign out').click();
    await visitor.heading('Login policy').waitFor();
    expect(visitor.complaints).to.deep.equal([]);
  });

  it('shows everything to a viewer, without any way to change it', async () => {
    const visitor = await stage.visitor();
    await visitor.signIn('viewer');
    await visitor.page.getByText('your role does not let you change it').waitFor();
    const switches = await visitor.page.getByRole('switch').all();
    expect(switches.length).to.be.greaterThan(10);
    for (const one of switches) expect(await one.isDisabled()).to.equal(true);
    await visitor.lookBack();
    await visitor.page.getByText('but not revert to it').waitFor();
    expect(await visitor.button('Revert to this moment').count()).to.equal(0);
    await visitor.goTo('Organizations');
    expect(await visitor.page.getByRole('button', { name: /custom policy|Reset/ }).count()).to.equal(0);
    const status = await visitor.page.evaluate(async () => {
      const path = '/admin/v1/policies/login/multi_factors/MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';
      return (await fetch(path, { method: 'DELETE' })).status;
    });
    expect(status, 'nor does the server').to.equal(403);
  });

  it('shows nothing of a user once another one has signed in on another tab', async () => {
    const visitor = await stage.visitor();
    const tab = await visitor.anotherTab();
    await visitor.signIn('owner');
    await visitor.switch('Self-registration').click();
    await visitor.passkeys.click();
    await visitor.dialog.getByLabel('Reason').fill('mine');
    await tab.signIn('viewer');
    await visitor.page.getByRole('banner').getByText('viewer').first().waitFor();
    await visitor.page.getByText('your role does not let you change it').waitFor();
    // A change in it would be recorded as by the other. The names above may be drawn just before it closes.
    await visitor.dialog.waitFor({ state: 'detached' });
    const unsaved = visitor.page.getByRole('group', { name: 'Changes that are not saved' });
    expect(await unsaved.count()).to.equal(0);
    await visitor.button('Sign out').click();
    await visitor.signIn('owner');
    await visitor.button('Cancel').click();
    await unsaved.waitFor();
    await visitor.button('Discard').click();
    await tab.page.close();
  });

  it('signs in, opens a preview and cancels it by keyboard alone', async () => {
    const visitor = await stage.visitor();
    const { page } = visitor;
    const hasFocus = async (): Promise<boolean> => (await visitor.passkeys.and(page.locator(':focus')).count()) === 1;
    const { name, password } = stage.quickstart.users.owner;
    await page.goto(`${stage.quickstart.url}/#/default`);
    await page.getByLabel('Name').focus();
    await page.keyboard.type(name);
    await page.keyboard.press('Tab');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await visitor.passkeys.waitFor();
    for (let step = 0; step < 30; step++) {
      await page.keyboard.press('Tab');
      if (await hasFocus()) break;
    }
    await page.keyboard.press('Space');
    await visitor.dialog.getByText('2 organizations on the default policy').waitFor();
    await page.keyboard.press('Escape');
    await visitor.dialog.waitFor({ state: 'detached' });
    expect(await hasFocus()).to.equal(true);
    expect((await stage.policy()).details.sequence).to.equal('4');
  });
});
