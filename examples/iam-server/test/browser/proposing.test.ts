import { expect } from 'chai';
import { it } from 'mocha';
import { describeInBrowser } from './suite.js';
import type { Visitor } from './visitor.js';

describeInBrowser('the page: proposals', (stage) => {
  it('are made from a preview, and shown with what became of them', async () => {
    await stage.serve();
    const visitor = await stage.owner();
    await propose(visitor);
    await visitor.page.getByRole('combobox', { name: 'Which' }).selectOption('All');
    const proposal = visitor.page.getByRole('list', { name: 'Proposals' }).getByRole('listitem');
    await proposal.getByText('after the audit').waitFor();
    await proposal.getByRole('heading', { name: 'Remove Passkeys (U2F with verification)' }).waitFor();
    // No approval is needed where the server does not ask for four eyes: it is carried out at once.
    await visitor.page.getByText('Carried out', { exact: true }).waitFor();
  });

  it('show what they would do now, and are carried out once another person approves them', async () => {
    await stage.serve({ IAM_FOUR_EYES: 'yes' });
    const password =
      (await stage.command(['user', 'add', 'bob', '--role', 'IAM_OWNER'])).trim().split(' ').at(-1) ?? '';
    const visitor = await stage.owner();
    await visitor.passkeys.click();
    await visitor.dialog.getByText('2 organizations').waitFor();
    await visitor.dialog.getByRole('button', { name: 'Confirm' }).click();
    await visitor.dialog.getByText('This change needs the approval of one other person').waitFor();
    await visitor.button('Cancel').click();
    // Of the refusal.
    visitor.complaints.splice(0);
    await propose(visitor);
    const own = visitor.page.getByRole('list', { name: 'Proposals' }).getByRole('listitem').first();
    await own.getByText('0 of 1 approvals').waitFor();
    await own.getByRole('row', { name: /Sign in by less 3 users/ }).waitFor();
    expect(await visitor.button('Approve').count(), 'nobody approves their own').to.equal(0);
    const other = await stage.visitor();
    await other.tryToSignIn('bob', password);
    const waiting = other.page.getByRole('region', { name: 'Waiting' });
    await waiting.getByRole('link', { name: '1 proposal' }).click();
    await other.heading('Proposals').waitFor();
    await other.button('Approve').click();
    await visitor.goTo('Default policy');
    await visitor.passkeys.and(visitor.page.locator('[aria-checked="false"]')).waitFor();
    expect((await stage.policy()).details.sequence).to.equal('5');
  });
});

/** Proposes to take the passkeys off, and looks at the proposals. */
async function propose(visitor: Visitor): Promise<void> {
  await visitor.passkeys.click();
  await visitor.dialog.getByText('2 organizations').waitFor();
  await visitor.dialog.getByLabel('Reason').fill('after the audit');
  await visitor.dialog.getByRole('button', { name: 'Propose to others' }).click();
  await visitor.dialog.waitFor({ state: 'detached' });
  await visitor.notes.getByText('Proposed: Remove Passkeys').waitFor();
  await visitor.goTo('Proposals');
}
