import { expect } from 'chai';
import { before, it } from 'mocha';
import { check } from './axe.js';
import { describeInBrowser } from './suite.js';
import type { Visitor } from './visitor.js';

const MOST_TABS = 150;
/** What has the focus, by the words that a screen reader says of it. */
const FOCUSED = `(() => {
  const one = document.activeElement;
  const labelled = (one.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
  return one.getAttribute('aria-label') ?? (labelled.trim() || one.labels?.[0]?.textContent || one.textContent);
})()`;

describeInBrowser('the page: a keyboard alone', (stage) => {
  before(() => stage.serve());

  it('signs in, removes a factor with a reason, and undoes it', async () => {
    const visitor = await stage.visitor();
    const { keyboard } = visitor.page;
    const { name, password } = stage.quickstart.users.owner;
    await visitor.until('document.activeElement.name === "name"');
    await keyboard.type(name);
    await keyboard.press('Tab');
    await keyboard.type(password);
    await keyboard.press('Enter');
    await visitor.heading('Overview').waitFor();
    await tabTo(visitor, 'Default policy');
    await keyboard.press('Enter');
    await visitor.passkeys.waitFor();
    await tabTo(visitor, 'Passkeys (U2F with verification)');
    await keyboard.press('Space');
    await visitor.dialog.getByText('2 organizations').waitFor();
    await tabTo(visitor, 'Reason');
    await keyboard.type('stolen keys');
    await tabTo(visitor, 'Confirm');
    await keyboard.press('Enter');
    await visitor.dialog.waitFor({ state: 'detached' });
    await visitor.passkeys.and(visitor.page.locator('[aria-checked="false"]')).waitFor();
    expect(await visitor.page.evaluate(FOCUSED), 'where it was').to.include('Passkeys');
    await tabTo(visitor, 'Undo');
    await keyboard.press('Enter');
    await visitor.dialog.getByText('2 organizations').waitFor();
    await tabTo(visitor, 'Confirm');
    await keyboard.press('Enter');
    await visitor.passkeys.and(visitor.page.locator('[aria-checked="true"]')).waitFor();
  });

  it('goes from the overview to a policy, changes it, and finds that in Audit with its moment', async () => {
    const visitor = await stage.owner();
    const { keyboard } = visitor.page;
    await tabTo(visitor, 'Overview');
    await keyboard.press('Enter');
    await visitor.heading('Overview').waitFor();
    await visitor.page.getByRole('link', { name: 'All changes' }).waitFor();
    await tabTo(visitor, 'Default policy');
    await keyboard.press('Enter');
    await visitor.passkeys.waitFor();
    await tabTo(visitor, 'Code by email');
    await keyboard.press('Space');
    await visitor.dialog.getByText('2 organizations').waitFor();
    await tabTo(visitor, 'Reason');
    await keyboard.type('walked by keys');
    await tabTo(visitor, 'Confirm');
    await keyboard.press('Enter');
    await visitor.dialog.waitFor({ state: 'detached' });
    await tabTo(visitor, 'Audit', 'Shift+Tab');
    await keyboard.press('Enter');
    await visitor.page.getByRole('list', { name: 'Changes' }).getByText('walked by keys').waitFor();
    await tabTo(visitor, 'Look at this moment');
    await keyboard.press('Enter');
    await visitor.page.getByRole('region', { name: 'Default policy, then' }).waitFor();
    expect(await visitor.page.evaluate(FOCUSED)).to.equal('What was allowed when');
  });

  it('sorts organizations by whom they lock out, and filters them by their weakest way in', async () => {
    const visitor = await stage.owner();
    const { page } = visitor;
    const { keyboard } = page;
    await visitor.goTo('Organizations');
    for (const name of ['Locks out', 'Weakest way in']) {
      await tabTo(visitor, name, 'Tab', 'BUTTON');
      await keyboard.press('Enter');
      await page.getByRole('columnheader', { name }).and(page.locator('[aria-sort=descending]')).waitFor();
      await keyboard.press('Enter');
      await page.getByRole('columnheader', { name }).and(page.locator('[aria-sort=ascending]')).waitFor();
    }
    await tabTo(visitor, 'Weakest way in', 'Shift+Tab', 'SELECT');
    await keyboard.press('End');
    await page.getByText('No organization is like that.').waitFor();
    expect(await page.evaluate('location.hash')).to.include('weakest=none');
  });

  it('finds an organization, sorts, and customizes it', async () => {
    const visitor = await stage.owner();
    const { keyboard } = visitor.page;
    await tabTo(visitor, 'Organizations');
    await keyboard.press('Enter');
    await visitor.heading('Organizations').waitFor();
    await tabTo(visitor, 'Name or id');
    await keyboard.type('glob');
    await visitor.page.getByText('1 organization', { exact: true }).waitFor();
    await tabTo(visitor, 'Last changed');
    await keyboard.press('Enter');
    await visitor.page.locator('[aria-sort=descending]').waitFor();
    await tabTo(visitor, 'Add a custom policy for Globex');
    await keyboard.press('Enter');
    await visitor.dialog.getByText('The users of Globex, and nobody else.').waitFor();
    await tabTo(visitor, 'Confirm');
    await keyboard.press('Enter');
    await visitor.button('Reset to the default for Globex').waitFor();
  });

  it('evaluates the sign-in of a user of the server, and of one that is made up', async () => {
    const visitor = await stage.owner();
    const { keyboard } = visitor.page;
    await tabTo(visitor, 'Check a sign-in');
    await keyboard.press('Enter');
    await visitor.heading('Check a sign-in').waitFor();
    await tabTo(visitor, 'Choose');
    await keyboard.press('Enter');
    await tabTo(visitor, 'Find a user');
    await keyboard.type('ada');
    await visitor.page.getByRole('button', { name: 'ben' }).waitFor({ state: 'detached' });
    await tabTo(visitor, 'ada');
    await keyboard.press('Enter');
    await visitor.page.getByText('Acme is on the default policy.').waitFor();
    expect(await visitor.page.evaluate(FOCUSED), 'where it was').to.equal('Choose');
    await tabTo(visitor, 'Nobody in particular');
    await tabTo(visitor, 'Choose');
    await keyboard.press('Enter');
    await tabTo(visitor, 'Globex');
    await keyboard.press('Enter');
    await tabTo(visitor, 'A password');
    await keyboard.press('Space');
    await tabTo(visitor, 'The passkey');
    await keyboard.press('Space');
    await tabTo(visitor, 'The passkey, with its PIN, face or fingerprint, how long ago');
    await keyboard.press('ArrowDown');
    await visitor.page.getByText(/^Globex (has|is on)/).waitFor();
  });

  it('plans a rollout in the dialog of a change, proposes it, and decides it', async () => {
    await stage.serve({ IAM_FOUR_EYES: 'yes' });
    const visitor = await stage.owner();
    const { keyboard } = visitor.page;
    await tabTo(visitor, 'Passkeys (U2F with verification)');
    await keyboard.press('Enter');
    await visitor.dialog.getByText('2 organizations').waitFor();
    await visitor.dialog.getByRole('radio', { name: 'default policy' }).focus();
    for (let choices = 0; choices < 3; choices++) await keyboard.press('ArrowDown');
    await visitor.dialog.getByText('1 policy would change: the default policy.').waitFor();
    await check(visitor, 'a rollout in a dialog');
    await tabTo(visitor, 'At a date, or for a while');
    await keyboard.press('Enter');
    await visitor.dialog.getByLabel('Carried out at').waitFor();
    await check(visitor, 'dates in a dialog');
    await visitor.dialog.getByLabel('Reason').focus();
    await keyboard.type('after the audit');
    await tabTo(visitor, 'Propose to others');
    await keyboard.press('Enter');
    await visitor.notes.getByText('Proposed: Remove Passkeys').waitFor();
    await visitor.goTo('Proposals');
    await visitor.page.getByText('1 policy would change: the default policy.').waitFor();
    await tabTo(visitor, 'Withdraw');
    await keyboard.press('Enter');
    await visitor.page.getByText('Nothing waits.').waitFor();
    expect(await visitor.page.evaluate('document.activeElement.tagName'), 'where a keyboard goes on').to.equal('H1');
  });
});

async function tabTo({ page }: Visitor, name: string, key = 'Tab', tag = ''): Promise<void> {
  for (let tabs = 0; tabs < MOST_TABS; tabs++) {
    await page.keyboard.press(key);
    const focused = await page.evaluate<string>(FOCUSED);
    if (!focused.startsWith(name)) continue;
    if (tag === '' || (await page.evaluate('document.activeElement.tagName')) === tag) return;
  }
  expect.fail(`no tab leads to ${name}`);
}
