import { expect } from 'chai';
import { beforeEach, it } from 'mocha';
import { json } from '../client.js';
import { describeInBrowser } from './suite.js';
import type { Visitor } from './visitor.js';

const NO_PASSWORDS = '{"wish":"change-settings","patch":{"allowUsernamePassword":false}}';

describeInBrowser('the page: what locks people out, and what takes a change back', (stage) => {
  beforeEach(() => stage.serve());

  it('is refused unless it is acknowledged with a reason', async () => {
    const visitor = await stage.owner();
    // Not of the default policy: that is the server's own users', and would end the session.
    const [, globex] = stage.quickstart.organizationIds;
    await stage.apiOf(globex, 'POST /_customize');
    await stage.apiOf(globex, 'PUT', {
      allowUsernamePassword: true,
      forceMfa: true,
      passwordlessType: 'PASSWORDLESS_TYPE_ALLOWED',
    });
    for (const factor of ['SECOND_FACTOR_TYPE_OTP', 'SECOND_FACTOR_TYPE_U2F'])
      await stage.apiOf(globex, `DELETE /second_factors/${factor}`);
    await visitor.goTo('Organizations');
    await visitor.page.getByRole('link', { name: 'Globex', exact: true }).click();
    await visitor.page.getByText('Globex has a custom policy').waitFor();
    await visitor.passkeys.click();
    const { dialog } = visitor;
    await dialog.getByText('The server refuses this change, because it locks users out.').waitFor();
    const confirm = dialog.getByRole('button', { name: 'Confirm' });
    expect(await confirm.isDisabled()).to.equal(true);
    await dialog.getByLabel('Lock them out all the same').check();
    expect(await confirm.isDisabled(), 'without a reason').to.equal(true);
    await visitor.confirm('all of them are stolen');
    await visitor.page.getByRole('region', { name: 'This policy locks users out' }).waitFor();
    await visitor.goTo('Organizations');
    await visitor.page.getByLabel('Locks out, or can’t be read (1)').check();
    await visitor.page.getByRole('row', { name: /Globex.*Users without a factor/ }).waitFor();
  });

  it('is red where an administrator is locked out, and is acknowledged by typing how many', async () => {
    const visitor = await stage.owner();
    await visitor.page.goto(`${stage.quickstart.url}/#/default?change=${encodeURIComponent(NO_PASSWORDS)}`);
    await visitor.page.reload();
    const { dialog } = visitor;
    await dialog.getByText('You: it locks you out yourself.').waitFor();
    await dialog
      .locator('.affected-grave')
      .getByText(/administrators? among them/)
      .first()
      .waitFor();
    expect(await dialog.getByRole('checkbox').count(), 'a click is not enough').to.equal(0);
    const confirm = dialog.getByRole('button', { name: 'Confirm' });
    const field = dialog.getByRole('textbox', { name: /type how many administrators/ });
    const label = await dialog.locator('label', { hasText: 'type how many' }).innerText();
    const [, number = ''] = /\((\d+)\)/.exec(label) ?? [];
    await dialog.getByLabel('Reason').fill('passkeys for all');
    await field.fill(`${number}0`);
    expect(await confirm.isDisabled()).to.equal(true);
    await field.fill(number);
    await dialog.locator('button:enabled', { hasText: 'Confirm' }).waitFor();
  });

  it('explains the effect of a removal on users', async () => {
    const visitor = await stage.owner();
    await visitor.passkeys.click();
    await visitor.dialog
      .getByRole('list', { name: 'Warnings' })
      .getByText('Users who have nothing else set up will sign in with one factor from now on')
      .waitFor();
    await visitor.dialog.getByRole('row', { name: /Sign in by less 3 users/ }).waitFor();
    await visitor.dialog.getByText('You: nothing changes for you.').waitFor();
  });

  it('undoes a change from its notice, by a new change', async () => {
    const visitor = await stage.owner();
    await visitor.passkeys.click();
    await visitor.confirm();
    await undo(visitor, 'Revert to version 4');
    await visitor.passkeys.and(visitor.page.locator('[aria-checked="true"]')).waitFor();
    expect((await stage.policy()).details.sequence).to.equal('6');
  });

  it('undoes a reset and a customization', async () => {
    const visitor = await stage.owner();
    const [acme] = stage.quickstart.organizationIds;
    await visitor.goTo('Organizations');
    await visitor.button('Add a custom policy for Acme').click();
    await visitor.confirm();
    await undo(visitor, 'Reset Acme to the default policy');
    await visitor.button('Add a custom policy for Acme').waitFor();
    await stage.apiOf(acme, 'POST /_customize');
    await stage.apiOf(acme, 'DELETE /second_factors/SECOND_FACTOR_TYPE_U2F');
    await visitor.button('Reset to the default for Acme').click();
    await visitor.confirm();
    await undo(visitor, /Revert to version/);
    await visitor.button('Reset to the default for Acme').waitFor();
    const { policy } = json<{ policy: { secondFactors?: readonly string[] } }>(await stage.apiOf(acme, 'GET'));
    expect(policy.secondFactors).to.deep.equal(['SECOND_FACTOR_TYPE_OTP']);
  });
});

async function undo(visitor: Visitor, title: string | RegExp): Promise<void> {
  await visitor.notes.getByRole('button', { name: 'Undo' }).click();
  await visitor.page.getByRole('dialog', { name: title }).waitFor();
  await visitor.dialog.getByText('Who is affected').waitFor();
  await visitor.confirm('taken back');
}
