import { expect } from 'chai';
import { beforeEach, it } from 'mocha';
import { describeInBrowser } from './suite.js';
import type { Visitor } from './visitor.js';

const FOCUSED = 'document.activeElement.name || document.activeElement.textContent';
const AWAY =
  /^Failed to load resource: net::ERR_(CONNECTION_REFUSED|INTERNET_DISCONNECTED|EMPTY_RESPONSE|CONNECTION_RESET)/;

describeInBrowser('the page: when something goes wrong', (stage) => {
  beforeEach(() => stage.serve());

  it('says in the dialog that the server can not be reached, and keeps what was written there', async () => {
    const visitor = await stage.owner();
    const offline = (isOffline: boolean): Promise<void> => visitor.page.context().setOffline(isOffline);
    await offline(true);
    await visitor.passkeys.click();
    await visitor.dialog.getByRole('alert').getByText("can't be reached").waitFor();
    await visitor.dialog.getByRole('button', { name: 'Cancel' }).click();
    await offline(false);
    await visitor.passkeys.click();
    await visitor.dialog.getByText('2 organizations').waitFor();
    await visitor.dialog.getByLabel('Why').fill('lost keys');
    await offline(true);
    await visitor.dialog.getByRole('button', { name: 'Confirm' }).focus();
    await visitor.page.keyboard.press('Enter');
    await visitor.dialog.getByRole('alert').getByText("can't be reached").waitFor();
    expect(await visitor.page.evaluate(FOCUSED), 'the focus stays').to.equal('Confirm');
    await offline(false);
    await visitor.page.keyboard.press('Enter');
    await visitor.page.getByRole('status', { name: 'Notes' }).getByText('sequence 5').waitFor();
    excuse(visitor, AWAY);
  });

  it('reads what it could not read as soon as the server is back', async () => {
    const visitor = await stage.owner();
    await visitor.page.getByText('Live', { exact: true }).waitFor();
    await stage.restart(async () => {
      await visitor.page.getByText('Reconnecting', { exact: true }).waitFor();
      await visitor.goTo('History');
      await visitor.page.getByRole('alert', { name: 'Errors' }).getByText("can't be reached").waitFor();
    });
    await visitor.page.getByText('4 events', { exact: true }).waitFor();
    excuse(visitor, AWAY);
  });

  it('says that a session has ended, and nothing else that was said in it', async () => {
    const visitor = await stage.owner();
    await visitor.passkeys.click();
    await visitor.confirm();
    await stage.endSessions();
    const ended = visitor.page.getByRole('alert', { name: 'Errors' }).getByText('Your session has ended').waitFor();
    // The live feed may have told the page before: then there is nothing left to click.
    await Promise.race([visitor.goTo('Organizations').catch(() => undefined), ended]);
    await ended;
    expect(await visitor.page.locator('.notice').count()).to.equal(1);
    await visitor.page.getByRole('form', { name: 'Sign in' }).waitFor();
  });

  it('gives the keyboard the password to write again when it was not right', async () => {
    const visitor = await stage.visitor();
    await visitor.tryToSignIn('owner', 'wrong');
    await visitor.page.getByRole('alert').getByText('not right').waitFor();
    expect(await visitor.page.evaluate(FOCUSED)).to.equal('password');
  });

  it('says that there is no such organization, and stands an address that was cut off', async () => {
    const visitor = await stage.owner();
    const { url } = stage.quickstart;
    for (const address of ['#/organizations/nobody', '#/organizations/%E0%A4%A']) {
      await visitor.page.goto(`${url}/${address}`);
      await visitor.page.getByText('There is no organization with this id').waitFor();
      await visitor.page.reload();
      await visitor.page.getByText('There is no organization with this id').waitFor();
    }
    for (const address of ['#/history/nobody/never', '#/nowhere', '#/history/%']) {
      await visitor.page.goto(`${url}/${address}`);
      await visitor.page.locator('h1').waitFor();
    }
    expect(visitor.complaints).to.deep.equal([]);
  });
});

/** What the browser says of a server that is away is as it should be. */
function excuse({ complaints }: Visitor, expected: RegExp): void {
  expect(complaints.filter((one) => !expected.test(one))).to.deep.equal([]);
  complaints.splice(0);
}
