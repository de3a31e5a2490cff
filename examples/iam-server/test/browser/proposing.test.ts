import { expect } from 'chai';
import { it } from 'mocha';
import { describeInBrowser, excuse } from './suite.js';
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

  it('are made once, and known to be, if the answer is lost (T56)', async () => {
    await stage.serve({ IAM_FOUR_EYES: 'yes' });
    const visitor = await stage.owner();
    await visitor.passkeys.click();
    await visitor.dialog.getByText('2 organizations').waitFor();
    let lost = 0;
    await visitor.page.route('**/_propose', async (route) => {
      if (lost++ > 1) return route.continue();
      await route.fetch();
      return route.abort('connectionreset');
    });
    await visitor.dialog.getByRole('button', { name: 'Propose to others' }).click();
    await visitor.dialog.getByText('Give a reason: those who approve the change read it.').waitFor();
    await visitor.dialog.getByLabel('Reason').fill('lost keys');
    await visitor.dialog.getByRole('button', { name: 'Propose to others' }).click();
    await visitor.dialog.getByRole('status').getByText('it is not known yet').waitFor();
    expect(await visitor.page.getByText('Nothing was recorded').count()).to.equal(0);
    await visitor.notes.getByText('Proposed: Remove Passkeys').waitFor();
    expect(lost).to.equal(3);
    await visitor.goTo('Proposals');
    await visitor.page.getByRole('heading', { name: 'What it would do now' }).waitFor();
    expect(
      await visitor.page.getByRole('list', { name: 'Proposals' }).getByRole('heading', { level: 2 }).count(),
    ).to.equal(1);
    excuse(visitor);
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
