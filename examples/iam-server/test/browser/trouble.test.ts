import { copyFile, rm } from 'node:fs/promises';
import { expect } from 'chai';
import { before, it } from 'mocha';
import { describeInBrowser, excuse } from './suite.js';

const FOCUSED = 'document.activeElement.name || document.activeElement.textContent';

describeInBrowser('the page: when something goes wrong', (stage) => {
  before(() => stage.serve());

  it('shows in place that something cannot be read, with a button to retry', async () => {
    const visitor = await stage.owner();
    const offline = (isOffline: boolean): Promise<void> => visitor.page.context().setOffline(isOffline);
    await visitor.passkeys.waitFor();
    await visitor.page.getByText('2 organizations').waitFor();
    await visitor.allViewsFetched();
    await offline(true);
    await visitor.page.getByText('Offline', { exact: true }).waitFor();
    await visitor.passkeys.click();
    const problem = visitor.dialog.getByRole('alert').filter({ hasText: "can't be reached" });
    await problem.waitFor();
    await visitor.dialog.getByLabel('Reason').fill('lost keys');
    await offline(false);
    await problem.getByRole('button', { name: 'Try again' }).click();
    await visitor.dialog.getByText('2 organizations').waitFor();
    expect(await visitor.dialog.getByLabel('Reason').inputValue()).to.equal('lost keys');
    await visitor.page.keyboard.press('Escape');
    await offline(true);
    await visitor.goTo('Audit');
    const log = visitor.page.getByRole('alert').filter({ hasText: 'The audit log can’t be read now' });
    await log.waitFor();
    await offline(false);
    await log.getByRole('button', { name: 'Try again' }).click();
    await visitor.page.getByText('versions 1 to 4', { exact: true }).waitFor();
    await visitor.goTo('Organizations');
    await visitor.page.getByRole('rowheader', { name: 'Globex' }).waitFor();
    await offline(true);
    await visitor.page.getByLabel('Name or id').fill('acme');
    await visitor.page.getByText('The organizations can’t be read now').waitFor();
    expect(await visitor.page.getByRole('row').count(), 'rows of another search').to.equal(0);
    excuse(visitor);
  });

  it('retries failed reads as soon as the server is back', async () => {
    const visitor = await stage.owner();
    await visitor.page.getByText('Live', { exact: true }).waitFor();
    await visitor.allViewsFetched();
    await stage.restart(async () => {
      await visitor.page.getByText('Reconnecting', { exact: true }).waitFor();
      await visitor.goTo('Audit');
      await visitor.page.getByText('The audit log can’t be read now').waitFor();
    });
    await visitor.page.getByText('versions 1 to 4', { exact: true }).waitFor();
    await visitor.page.getByText('can’t be read now').waitFor({ state: 'detached' });
    excuse(visitor);
  });

  it('shows the current history after the store was restored to an earlier state', async () => {
    await stage.serve();
    const kept = `${stage.storeFile}.kept`;
    await stage.restart(() => copyFile(stage.storeFile, kept));
    const visitor = await stage.owner();
    await stage.api('DELETE', '/admin/v1/policies/login/second_factors/SECOND_FACTOR_TYPE_U2F');
    await visitor.lookBack();
    await visitor.page.getByText('version 5', { exact: true }).waitFor();
    await stage.restart(async () => {
      for (const end of ['-wal', '-shm']) await rm(`${stage.storeFile}${end}`, { force: true });
      await copyFile(kept, stage.storeFile);
    });
    await visitor.page.getByText('version 5', { exact: true }).waitFor({ state: 'detached' });
    await visitor.page.getByText('versions 1 to 4', { exact: true }).waitFor();
    await visitor.page.getByRole('region', { name: 'Default policy, then' }).getByText('at version 4').waitFor();
    await visitor.page.getByText('can’t be read now').waitFor({ state: 'detached' });
    visitor.complaints.splice(0, Infinity);
  });

  it('reports that the session has ended, and clears other notices', async () => {
    const visitor = await stage.owner();
    await visitor.switch('Code by text message').click();
    await visitor.confirm();
    await visitor.notes.getByText('Recorded').waitFor();
    await stage.endSessions();
    const ended = visitor.errors.getByText('Your session has ended').waitFor();
    // The live feed may have told the page before: then there is nothing left to click.
    await Promise.race([visitor.goTo('Organizations').catch(() => undefined), ended]);
    await ended;
    expect(await visitor.page.locator('.notice').count()).to.equal(1);
    await visitor.page.getByRole('form', { name: 'Sign in' }).waitFor();
  });

  it('focuses the password after a wrong one', async () => {
    const visitor = await stage.visitor();
    await visitor.tryToSignIn('owner', 'wrong');
    await visitor.page.getByRole('alert').getByText('Incorrect').waitFor();
    expect(await visitor.page.evaluate(FOCUSED)).to.equal('password');
  });

  it('reports an unknown organization, and tolerates a truncated address', async () => {
    const visitor = await stage.owner();
    const { url } = stage.quickstart;
    const forbidden: string[] = [];
    visitor.page.on('response', (response) => {
      const asked = response.request();
      const organization = asked.headers()['x-zitadel-orgid'] ?? 'none';
      if (response.status() === 403)
        forbidden.push(`${organization}: ${asked.method()} ${new URL(asked.url()).pathname}`);
    });
    for (const address of ['#/organizations/nobody', '#/organizations/%E0%A4%A']) {
      await visitor.page.goto(`${url}/${address}`);
      await visitor.page.getByText('There is no organization with this id').waitFor();
      await visitor.page.reload();
      await visitor.page.getByText('There is no organization with this id').waitFor();
    }
    for (const address of ['#/audit?at=never', '#/nowhere', '#/audit/%']) {
      await visitor.page.goto(`${url}/${address}`);
      await visitor.page.locator('h1').waitFor();
    }
    // The server does not tell whether an organization exists: where the page asks before its list is there, that is 403.
    for (const one of forbidden) expect(one).to.match(/^(nobody|%E0%A4%A): GET \/management\/v1\/policies\/login/);
    const others = visitor.complaints.filter((complaint) => !complaint.includes('403 (Forbidden)'));
    expect([visitor.complaints.length, others]).to.deep.equal([forbidden.length, []]);
  });

  it('reports a frozen server, since when, and that the outcome of a save is unknown', async () => {
    const server = await stage.serveAlone();
    const visitor = await stage.owner();
    await visitor.page.getByText('Live', { exact: true }).waitFor();
    await visitor.page.getByText(/checked (just now|\d+ s ago)/).waitFor();
    await visitor.passkeys.click();
    await visitor.dialog.getByText('2 organizations').waitFor();
    const list = await visitor.anotherTab();
    await list.goTo('Organizations');
    await list.page.getByRole('rowheader', { name: 'Globex' }).waitFor();
    server.signal('SIGSTOP');
    await list.page.getByLabel('Name or id').fill('acme');
    await visitor.dialog.getByRole('button', { name: 'Confirm' }).click();
    await visitor.dialog.getByText('it is not known yet whether this was recorded').waitFor();
    await list.page.getByText('The organizations can’t be read now. The server does not answer.').waitFor();
    expect(await list.page.getByRole('row').count(), 'rows of another search').to.equal(0);
    await visitor.page.getByText('Reconnecting', { exact: true }).waitFor();
    await visitor.page.getByText(/checked ([5-9]|\d\d) s ago/).waitFor();
    server.signal('SIGCONT');
    await visitor.notes.getByText('Recorded: the default policy is at version 5').waitFor();
    await list.page.getByText('1 organization', { exact: true }).waitFor();
    await list.page.getByRole('rowheader', { name: 'Acme' }).waitFor();
    await visitor.page.getByText('Live', { exact: true }).waitFor();
    expect((await stage.policy()).details.sequence).to.equal('5');
    excuse(visitor);
  });
});
