import { expect } from 'chai';
import { beforeEach, it } from 'mocha';
import { describeInBrowser } from './suite.js';
import type { Visitor } from './visitor.js';

describeInBrowser('the page: would this very user get in?', (stage) => {
  beforeEach(() => stage.serve());

  const inForce = 'By the policy in force';
  /** The verdict in one of two cards, by the text above it. */
  const verdict = ({ page }: Visitor, above: string | RegExp) =>
    page.locator('section.verdict').filter({ hasText: above }).getByRole('heading');

  async function choose(visitor: Visitor, search: string, name: string): Promise<void> {
    const users = visitor.page.getByRole('group', { name: 'User' });
    await users.getByRole('button', { name: 'Choose' }).click();
    await users.getByLabel('Find a user').fill(search);
    await users.getByRole('button', { name, exact: true }).click();
    await users.getByText(name, { exact: true }).waitFor();
  }

  it('fills in what a user of the server has, and what their newest session has shown how long ago', async () => {
    const visitor = await stage.owner();
    const { page } = visitor;
    await visitor.goTo('Check a sign-in');
    await choose(visitor, 'OWN', 'owner');
    await page.getByText('The default policy.').waitFor();
    await page.getByRole('heading', { name: 'Yes, they would get in.' }).waitFor();
    expect(await page.getByLabel('The password', { exact: true }).isChecked()).to.equal(true);
    await page.getByLabel('The password, how long ago').selectOption('30 days ago');
    await page.getByRole('heading', { name: 'Not yet: the first step is missing.' }).waitFor();
    await page.getByRole('button', { name: 'As they are now' }).click();
    await page.getByRole('heading', { name: 'Yes, they would get in.' }).waitFor();
    await choose(visitor, 'ada', 'ada');
    await page.getByText('Acme is on the default policy.').waitFor();
    await page.getByRole('heading', { name: 'Not yet: the first step is missing.' }).waitFor();
    await page.getByLabel('The passkey').check();
    await page.getByRole('heading', { name: 'Yes, they would get in.' }).waitFor();
    const other = await visitor.anotherTab();
    await other.page.goto(await page.evaluate<string>('location.href'));
    await other.page.reload();
    await other.page.getByRole('group', { name: 'User' }).getByText('ada', { exact: true }).waitFor();
    await other.page.getByRole('heading', { name: 'Yes, they would get in.' }).waitFor();
  });

  it('lets somebody whose browser is hours ahead or behind say how long ago it was (T55)', async () => {
    for (const hours of [-3, 3]) {
      const visitor = await stage.visitor();
      await visitor.page.clock.install({ time: Date.now() + hours * 3_600_000 });
      await visitor.page.reload();
      await visitor.signIn('owner');
      await visitor.page.goto(`${stage.quickstart.url}/#/check?has=password,TOTP&shown=password~PT12H,TOTP`);
      await visitor.page.getByRole('heading', { name: 'Yes, they would get in.' }).waitFor();
      expect(await visitor.page.getByLabel('The password, how long ago').inputValue()).to.equal('PT12H');
    }
  });

  it('shows beside it what the draft would answer, and what a change would whose preview is open', async () => {
    const visitor = await stage.owner();
    const { page } = visitor;
    await visitor.switch('Require a second factor').click();
    await visitor.goTo('Check a sign-in');
    await page.getByLabel('A password').check();
    await page.getByLabel('The password', { exact: true }).check();
    await verdict(visitor, inForce).getByText('Yes, they would get in.').waitFor();
    await verdict(visitor, 'With your draft: 1 setting changed').getByText('they have to set up').waitFor();
    await visitor.goTo('Default policy');
    await visitor.button('Discard').click();
    await visitor.passkeys.click();
    await visitor.dialog.getByRole('link', { name: 'Check a sign-in after this change' }).click();
    await visitor.heading('Check a sign-in').waitFor();
    await page.getByRole('checkbox', { name: 'Passkeys (U2F with verification)' }).check();
    await page.getByLabel('The passkey').check();
    await verdict(visitor, inForce).getByText('Yes, they would get in.').waitFor();
    await verdict(visitor, 'After: Remove Passkeys').getByText('No, they could not get in.').waitFor();
    const [acme] = stage.quickstart.organizationIds;
    await stage.apiOf(acme, 'POST /_customize');
    await visitor.chooseOrganization('acme', 'Acme');
    await page.getByText('The same as now.').waitFor();
  });

  it('says why a change can’t be judged, beside what the policy in force answers', async () => {
    const visitor = await stage.owner();
    const command = encodeURIComponent('{"type":"addMultiFactor","factor":"U2F_WITH_VERIFICATION"}');
    await visitor.page.goto(`${stage.quickstart.url}/#/check?has=password&shown=password&command=${command}`);
    await verdict(visitor, inForce).getByText('Yes, they would get in.').waitFor();
    await visitor.page.getByText("so it can't be added").waitFor();
    visitor.complaints.splice(0);
  });
});
