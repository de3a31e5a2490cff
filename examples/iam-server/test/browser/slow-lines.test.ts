import { expect } from 'chai';
import { beforeEach, it } from 'mocha';
import { describeInBrowser } from './suite.js';
import type { Visitor } from './visitor.js';

const FORCED = 'Require a second factor';

describeInBrowser('the page: slow lines, two tabs and others', (stage) => {
  beforeEach(() => stage.serve());

  it('takes the user who was chosen last, in whatever order the answers come', async () => {
    const visitor = await stage.owner();
    const { page } = visitor;
    await visitor.goTo('Check a sign-in');
    const users = page.getByRole('group', { name: 'User' });
    await users.getByRole('button', { name: 'Choose' }).click();
    const held = await hold(visitor, '**/iam/v1/user?id=ada');
    await users.getByRole('button', { name: 'ada', exact: true }).click();
    await held.arrived;
    await page.locator('.organization-search [aria-busy=true]').waitFor();
    await users.getByRole('button', { name: 'dana', exact: true }).click();
    await page.getByText('Globex is on the default policy.').waitFor();
    const answered = page.waitForResponse('**/iam/v1/user?id=ada');
    held.go();
    await (await answered).finished();
    await users.getByText('dana', { exact: true }).waitFor();
    expect(await page.evaluate<string>('location.hash')).to.include('user=dana');
  });

  it('judges what was said last, in whatever order the answers come', async () => {
    const visitor = await stage.owner();
    const { page } = visitor;
    await visitor.goTo('Check a sign-in');
    await page.getByRole('heading', { name: 'No, they could not get in.' }).waitFor();
    const held = await hold(visitor, '**/_evaluate_sign_in');
    await page.getByLabel('A password').check();
    await held.arrived;
    await page.getByLabel('The password', { exact: true }).check();
    await page.getByRole('heading', { name: 'Yes, they would get in.' }).waitFor();
    const answered = page.waitForResponse('**/_evaluate_sign_in');
    held.go();
    await (await answered).finished();
    await page.waitForTimeout(200);
    expect(await page.getByRole('heading', { name: 'Yes, they would get in.' }).count()).to.equal(1);
  });

  it('ends a draft in both tabs once one of them has saved it', async () => {
    const one = await stage.owner();
    const other = await one.anotherTab();
    await one.switch('Self-registration').click();
    await other.page.reload();
    await other.page.getByText('1 setting changed.').waitFor();
    await other.button('Review and save').click();
    await other.dialog.getByText('2 organizations').waitFor();
    await other.confirm();
    await one.page.getByText('Version 5, changed').waitFor();
    await one.page.getByRole('group', { name: 'Changes that are not saved' }).waitFor({ state: 'detached' });
  });

  it('says of a draft that somebody else has made the same change', async () => {
    const visitor = await stage.owner();
    await visitor.switch('Self-registration').click();
    const bar = visitor.page.getByRole('group', { name: 'Changes that are not saved' });
    await bar.getByText('1 setting changed.').waitFor();
    const command = { type: 'change', settings: { allowRegister: false } };
    await stage.api('POST', '/admin/v1/policies/login/_execute', { command });
    await bar.getByText('What you changed is so already.').waitFor();
    expect(await bar.getByRole('button', { name: 'Review and save' }).isDisabled()).to.equal(true);
    await visitor.switch(FORCED).click();
    await bar.getByText('1 setting changed.').waitFor();
    await bar.getByRole('button', { name: 'Discard' }).click();
    await bar.waitFor({ state: 'detached' });
  });
});

/** Holds the next answer at an address back until it is told to go. */
async function hold(
  { page }: Visitor,
  url: string,
): Promise<{ readonly arrived: Promise<void>; readonly go: () => void }> {
  let [come, go]: (() => void)[] = [];
  const arrived = new Promise<void>((resolve) => (come = resolve));
  const going = new Promise<void>((resolve) => (go = resolve));
  const route = async (held: { readonly continue: () => Promise<void> }): Promise<void> => {
    come?.();
    await going;
    await held.continue();
  };
  await page.route(url, route, { times: 1 });
  return { arrived, go: () => go?.() };
}
