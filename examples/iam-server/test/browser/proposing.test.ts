import { expect } from 'chai';
import { it } from 'mocha';
import { bearer, call, json } from '../client.js';
import { eventually } from '../waiting.js';
import { check } from './axe.js';
import { describeInBrowser, excuse, type PolicySeen, type Stage } from './suite.js';
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
    // What it would do now may be asked for just after it was carried out, and is then refused.
    const complaints = visitor.complaints.splice(0).filter((one) => !/ 400 .*\/_preview\)$/.test(one));
    expect(complaints).to.deep.equal([]);
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
    const other = await withBob(stage);
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
    await own.getByRole('heading', { name: 'Who is affected' }).waitFor();
    await own.getByRole('row', { name: /Sign in by less 3 users/ }).waitFor();
    await own.getByText('You: nothing changes for you.').waitFor();
    expect(await visitor.button('Approve').count(), 'nobody approves their own').to.equal(0);
    await other.goTo('Overview');
    const waiting = other.page.getByRole('region', { name: 'Waiting' });
    await waiting.getByRole('link', { name: '1 proposal' }).click();
    await other.heading('Proposals').waitFor();
    await other.button('Approve').click();
    await visitor.goTo('Default policy');
    await visitor.passkeys.and(visitor.page.locator('[aria-checked="false"]')).waitFor();
    expect((await stage.policy()).details.sequence).to.equal('5');
  });

  it('have dates: a change is proposed from one moment until another', async () => {
    await stage.serve();
    const visitor = await stage.owner();
    const { dialog } = visitor;
    await visitor.passkeys.click();
    await dialog.getByText('At a date, or for a while').click();
    await dialog.getByLabel('Carried out at').fill('2099-01-02T06:00:00');
    await dialog.getByLabel('Taken back at').fill('2099-01-03T06:00:00');
    await dialog.getByLabel('Reason').fill('for the migration');
    expect(await dialog.getByRole('button', { name: 'Confirm' }).isDisabled(), 'it is not made now').to.equal(true);
    await dialog.getByRole('button', { name: 'Propose from 2 January 2099 at 06:00 until 3 January 2099' }).click();
    await visitor.notes.getByText('Proposed: Remove Passkeys').waitFor();
    await visitor.notes.getByRole('button', { name: 'Show the proposals' }).click();
    const proposal = visitor.page.getByRole('list', { name: 'Proposals' }).getByRole('listitem').first();
    await proposal.getByText('Approved, not yet due').waitFor();
    await proposal.getByText(/To be carried out 2 Jan 2099, 06:00.*To be taken back 3 Jan 2099, 06:00/).waitFor();
    expect((await stage.policy()).multiFactors).to.have.length(1);
  });

  it('are of a whole rollout where its dialog was refused for want of approval', async () => {
    const bob = await withBob(stage);
    const [acme] = stage.quickstart.organizationIds;
    await stage.apiOf(acme, 'POST /_customize');
    const visitor = await stage.owner();
    const { dialog } = visitor;
    await visitor.passkeys.click();
    await dialog.getByRole('group', { name: 'Where' }).getByLabel('everywhere').check();
    await dialog.getByText('2 policies would change').waitFor();
    await dialog.getByLabel('Reason').fill('security advisory 2026-17');
    await dialog.getByRole('button', { name: 'Change everywhere' }).click();
    await visitor.page.getByText('This change needs the approval of one other person').waitFor();
    // Of the refusal.
    visitor.complaints.splice(0);
    await visitor.page.getByRole('button', { name: 'Propose to others' }).click();
    await visitor.notes.getByText('Proposed: Remove Passkeys (U2F with verification) everywhere').waitFor();
    await bob.goTo('Proposals');
    await bob.page.getByText('security advisory 2026-17').waitFor();
    await bob.button('Approve').click();
    await eventually('the passkeys to be gone everywhere', async () => {
      const { policy } = json<{ policy: PolicySeen }>(await stage.apiOf(acme, 'GET'));
      return (policy.multiFactors ?? []).length === 0 || undefined;
    });
  });

  it('are carried out at once in an emergency, and say so', async () => {
    await withBob(stage);
    const visitor = await stage.owner();
    const { dialog } = visitor;
    await visitor.passkeys.click();
    await dialog.getByText('2 organizations').waitFor();
    expect(await dialog.getByRole('button', { name: 'as an emergency' }).count(), 'not before it is needed').to.equal(
      0,
    );
    await dialog.getByLabel('Reason').fill('keys are cloned');
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await dialog.getByText('This change needs the approval of one other person').waitFor();
    // Of the refusal.
    visitor.complaints.splice(0);
    await dialog.getByRole('button', { name: 'Carry out now, as an emergency' }).click();
    await visitor.notes.getByText('Carried out as an emergency: Remove Passkeys').waitFor();
    await visitor.passkeys.and(visitor.page.locator('[aria-checked="false"]')).waitFor();
    await visitor.goTo('Proposals');
    await visitor.page.getByRole('combobox', { name: 'Which' }).selectOption('All');
    await visitor.page.getByText('keys are cloned').waitFor();
  });

  it('ask who approves them to type how many administrators they lock out', async () => {
    const bob = await withBob(stage);
    const visitor = await stage.owner();
    const change = encodeURIComponent('{"wish":"change-settings","patch":{"allowUsernamePassword":false}}');
    await visitor.page.goto(`${stage.quickstart.url}/#/default?change=${change}`);
    await visitor.page.reload();
    const { dialog } = visitor;
    await dialog.getByText('You: it locks you out yourself.').waitFor();
    const administrators = dialog.getByLabel('type how many administrators that are');
    const asked = (await administrators.locator('xpath=..').innerText()).match(/\((\d+)\)/)?.[1] ?? '';
    await administrators.fill(asked);
    await dialog.getByLabel('Reason').fill('passkeys alone from now on');
    await dialog.getByRole('button', { name: 'Propose to others' }).click();
    await visitor.notes.getByText('Proposed: ').waitFor();
    await bob.goTo('Proposals');
    await bob.page.getByText('You: it locks you out yourself.').waitFor();
    await bob.page.locator('.affected-grave').waitFor();
    expect(await bob.button('Approve').isDisabled(), 'not before it is acknowledged').to.equal(true);
    await bob.page.getByLabel('type how many administrators that are').fill(asked);
    await bob.button('Approve').click();
    await bob.notes.getByText('Approved: Username and password: off.').waitFor();
    await eventually('passwords to be off', async () => {
      const { allowUsernamePassword = false } = await stage.policy();
      return !allowUsernamePassword || undefined;
    });
  });

  it('are listed past the first ones, the newest first, with those that can’t be read', async () => {
    await stage.serve();
    const { url, tokens } = stage.quickstart;
    const { seen } = json<{ readonly seen: string }>(await stage.api('GET', '/admin/v1/policies/login/whole'));
    const headers = { ...bearer(tokens.owner), 'login-policy-reason': 'later' };
    for (let day = 0; day < 60; day++) {
      const at = `2099-01-01T00:${String(day).padStart(2, '0')}:00Z`;
      const body = { command: { type: 'removeSecondFactor', factor: 'TOTP' }, seen, at };
      const answer = await call(url, '/admin/v1/policies/login/_propose', { verb: 'POST', headers, body });
      expect(answer.status, answer.bytes.toString()).to.equal(200);
    }
    const visitor = await stage.owner();
    // As the server answers where a newer program wrote one.
    await visitor.page.route('**/proposals?*', async (route) => {
      const response = await route.fetch();
      const unreadable = [{ id: 'from-tomorrow', message: 'A newer program wrote it.' }];
      await route.fulfill({ response, json: { ...(await response.json()), unreadable } });
    });
    await visitor.goTo('Proposals');
    await visitor.page.getByRole('region', { name: 'Can’t be read' }).getByText('from-tomorrow').waitFor();
    const list = visitor.page.getByRole('list', { name: 'Proposals' });
    const headings = list.getByRole('heading', { level: 2 });
    expect(await headings.count()).to.equal(50);
    await visitor.button('Show 10 more').click();
    await headings.nth(59).waitFor();
    await list.getByRole('listitem').first().getByText('To be carried out 1 Jan 2099, 00:59:00').waitFor();
    await visitor.page
      .getByRole('button', { name: /^What it would do now.*Remove/ })
      .first()
      .click();
  });

  it('are of chosen policies where they were proposed so, each with its plan', async () => {
    const bob = await withBob(stage);
    const [, globex] = stage.quickstart.organizationIds;
    await stage.apiOf(globex, 'POST /_customize');
    const visitor = await stage.owner();
    const { dialog } = visitor;
    await visitor.passkeys.click();
    await dialog.getByRole('group', { name: 'Where' }).getByLabel('these organizations').check();
    await dialog.getByLabel('Add an organization with a custom policy').fill('glob');
    await dialog.getByRole('button', { name: 'Globex', exact: true }).click();
    await dialog.getByText('1 policy would change: Globex.').waitFor();
    await dialog.getByLabel('Reason').fill('only theirs');
    await dialog.getByRole('button', { name: 'Propose to others' }).click();
    await visitor.notes.getByText('Proposed: Remove Passkeys (U2F with verification) for Globex').waitFor();
    await bob.goTo('Proposals');
    const proposal = bob.page.getByRole('list', { name: 'Proposals' }).getByRole('listitem').first();
    await proposal.getByText('For Globex').waitFor();
    await proposal.getByText('1 policy would change: Globex.').waitFor();
    await check(bob, 'a proposed rollout');
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

/** Serves under four eyes, and signs another owner of the instance in. */
async function withBob(stage: Stage): Promise<Visitor> {
  await stage.serve({ IAM_FOUR_EYES: 'yes' });
  const said = await stage.command(['user', 'add', 'bob', '--role', 'IAM_OWNER']);
  const bob = await stage.visitor();
  await bob.tryToSignIn('bob', said.trim().split(' ').at(-1) ?? '');
  await bob.goTo('Default policy');
  return bob;
}
