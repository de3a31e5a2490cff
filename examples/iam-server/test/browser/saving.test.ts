import { expect } from 'chai';
import type { Route } from 'playwright-core';
import { beforeEach, it } from 'mocha';
import { describeInBrowser, excuse, type Stage } from './suite.js';
import type { Visitor } from './visitor.js';

const POLICY = '**/admin/v1/policies/login';
const FACTOR = `${POLICY}/multi_factors/*`;
const ADMIN = '/admin/v1/policies/login';

describeInBrowser('the page: what it says of a save', (stage) => {
  beforeEach(() => stage.serve());

  it('is reported correctly if the answer is lost after it was recorded: once, by this user', async () => {
    const visitor = await stage.owner();
    await looking(visitor);
    let lost = 0;
    await visitor.page.route(FACTOR, async (route) => {
      if (lost++ > 1) return route.continue();
      await route.fetch();
      return route.abort('connectionreset');
    });
    await visitor.dialog.getByRole('button', { name: 'Confirm' }).click();
    await visitor.dialog.getByRole('status').getByText('it is not known yet').waitFor();
    await visitor.notes.getByText('Recorded: the default policy is at version 5').waitFor();
    await visitor.dialog.waitFor({ state: 'detached' });
    expect(lost).to.equal(3);
    expect((await stage.policy()).details.sequence).to.equal('5');
    excuse(visitor);
  });

  for (const [answer, status] of [
    ['a page with 200', 200],
    ['a refusal of a proxy', 403],
    ['a limit of a proxy', 429],
  ] as const)
    it(`is found out if the answer was replaced on the way by ${answer} (T56)`, async () => {
      const visitor = await stage.owner();
      await looking(visitor);
      let replaced = 0;
      await visitor.page.route(FACTOR, async (route) => {
        if (replaced++ > 1) return route.continue();
        await route.fetch();
        return route.fulfill({ status, contentType: 'text/html', body: '<html>Sign in to the network</html>' });
      });
      await visitor.dialog.getByRole('button', { name: 'Confirm' }).click();
      await visitor.dialog.getByRole('status').getByText('it is not known yet').waitFor();
      expect(await visitor.page.getByText('Nothing was recorded').count()).to.equal(0);
      await visitor.notes.getByText('Recorded: the default policy is at version 5').waitFor();
      expect((await stage.policy()).details.sequence).to.equal('5');
      excuse(visitor);
    });

  it('leaves no notice in the dialog of another change (T46)', async () => {
    const visitor = await stage.owner();
    await looking(visitor);
    await visitor.confirm();
    await visitor.notes.getByText('Recorded: the default policy is at version 5').waitFor();
    await visitor.switch('Authenticator app (TOTP)').click();
    await visitor.dialog.getByText('2 organizations').waitFor();
    expect(await visitor.dialog.getByText('Recorded:').count()).to.equal(0);
    await visitor.button('Cancel').click();
    await visitor.notes.getByText('Recorded: the default policy is at version 5').waitFor();
  });

  it('is reported as recorded, also if the new state cannot be read', async () => {
    const visitor = await stage.owner();
    await looking(visitor);
    await visitor.page.route(POLICY, (route) => route.abort('connectionreset'));
    await visitor.confirm();
    await visitor.notes.getByText('Recorded: the default policy is at version 5').waitFor();
    await visitor.page.unroute(POLICY);
    await visitor.page.reload();
    expect(await visitor.passkeys.getAttribute('aria-checked')).to.equal('false');
    excuse(visitor);
  });

  it('is never cancelled while it is being recorded, and affects nothing else', async () => {
    const visitor = await stage.owner();
    const other = await visitor.anotherTab();
    await visitor.switch('Self-registration').click();
    await visitor.button('Review and save').click();
    await visitor.dialog.getByText('What will change').waitFor();
    // A draft is the same in every tab.
    await other.page.getByText('1 setting changed.').waitFor();
    await other.switch('Hide the password reset').click();
    let go: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    await visitor.page.route(POLICY, async (route: Route) => {
      if (route.request().method() === 'PUT') await held;
      return route.continue();
    });
    await visitor.dialog.getByRole('button', { name: 'Confirm' }).click();
    await visitor.dialog.getByText('Recording…').waitFor();
    await visitor.page.keyboard.press('Escape');
    expect(await visitor.dialog.getByRole('button', { name: 'Cancel' }).isDisabled()).to.equal(true);
    await visitor.dialog.getByText('Recording…').waitFor();
    go();
    await visitor.dialog.waitFor({ state: 'detached' });
    await visitor.page.getByText('1 setting changed.').waitFor();
    expect(await visitor.switch('Hide the password reset').getAttribute('aria-checked')).to.equal('true');
    await visitor.button('Review and save').click();
    await visitor.confirm();
    expect((await stage.policy()).details.sequence).to.equal('6');
  });

  it('can only be discarded if the policy was removed by another owner', async () => {
    const visitor = await stage.owner();
    const [acme] = stage.quickstart.organizationIds;
    await visitor.goTo('Organizations');
    await visitor.button('Add a custom policy for Acme').click();
    await visitor.confirm();
    await visitor.page.getByRole('link', { name: 'Acme', exact: true }).click();
    await visitor.page.getByText('Acme has a custom policy').waitFor();
    await visitor.switch('Require a second factor').click();
    await visitor.page.getByText('1 setting changed.').waitFor();
    await stage.apiOf(acme, 'DELETE');
    await visitor.page.getByText('Acme is on the default policy').waitFor();
    await visitor.page.getByText('You began to change 1 setting here').waitFor();
    expect(await visitor.switch('Require a second factor').getAttribute('aria-checked')).to.equal('false');
    expect(await visitor.button('Review and save').count()).to.equal(0);
    await visitor.button('Discard').click();
    await visitor.page.getByText('You began to change').waitFor({ state: 'detached' });
  });

  it('is applied after earlier drafts, which survive a reload, a sign-out, Back and another user', async () => {
    const visitor = await stage.owner();
    await visitor.switch('Require a second factor').click();
    await visitor.passkeys.click();
    await visitor.dialog.getByLabel('Reason').fill('lost keys');
    await visitor.dialog.getByText('2 organizations').waitFor();
    await visitor.page.evaluate("location.hash = '#/organizations'");
    await visitor.heading('Organizations').waitFor();
    expect(await visitor.dialog.count(), 'a dialog about what is not shown any more').to.equal(0);
    await visitor.page.getByRole('link', { name: 'Default policy (changes are not saved)' }).waitFor();
    await visitor.page.reload();
    await visitor.goTo('Default policy');
    await visitor.button('Sign out').click();
    await visitor.signIn('viewer');
    await visitor.page.getByText('your role does not let you change it').waitFor();
    expect(await visitor.page.getByText('not saved').count(), 'nothing of what another began').to.equal(0);
    await visitor.button('Sign out').click();
    await visitor.signIn('owner');
    await visitor.page.getByText('1 setting changed.').waitFor();
    expect(await visitor.switch('Require a second factor').getAttribute('aria-checked')).to.equal('true');
    await visitor.passkeys.click();
    expect(await visitor.dialog.getByLabel('Reason').inputValue()).to.equal('lost keys');
    await visitor.dialog.getByText('2 organizations').waitFor();
    await visitor.confirm();
    // Before it is read back, the click would ask for the same removal once more, which is refused.
    await visitor.passkeys.and(visitor.page.locator('[aria-checked="false"]')).click();
    expect(await visitor.dialog.getByLabel('Reason').inputValue(), 'once it was recorded').to.equal('');
  });

  it('is not made if it ends the session; after a new sign-in the draft is there', async () => {
    const visitor = await stage.owner();
    await looking(visitor);
    await visitor.dialog.getByLabel('Reason').fill('lost keys');
    await stage.endSessions();
    const confirm = visitor.dialog.getByRole('button', { name: 'Confirm' });
    // The live feed may have told the page before.
    await Promise.race([confirm.click().catch(() => undefined), visitor.errors.waitFor()]);
    await visitor.errors.getByText('what you began is kept').waitFor();
    await visitor.signIn('owner');
    // The address still names the change.
    await visitor.dialog.getByText('2 organizations').waitFor();
    expect(await visitor.dialog.getByLabel('Reason').inputValue()).to.equal('lost keys');
    expect((await stage.policy()).details.sequence).to.equal('4');
  });

  it('summarizes a conflict first: the number of changes, their actors, and whether they overlap', async () => {
    const visitor = await stage.owner();
    await looking(visitor);
    for (let change = 0; change < 13; change++) await toggle(stage);
    await visitor.dialog.getByText('The policy has moved on to version 30').waitFor();
    await visitor.dialog.getByRole('button', { name: 'Compare versions' }).click();
    const conflict = visitor.page.getByRole('dialog', { name: 'Somebody changed the policy first' });
    await conflict.getByText('26 changes by owner-machine and perhaps others since you looked.').waitFor();
    await conflict.getByText('None touches what you change.').waitFor();
    await conflict.getByText('6 more before these.').waitFor();
    expect(await visitor.page.evaluate('document.activeElement.textContent')).to.equal(
      'Somebody changed the policy first',
    );
    await visitor.button('Review again on version 30').click();
    await visitor.dialog.getByText('2 organizations').waitFor();
    await visitor.confirm();
    expect((await stage.policy()).multiFactors).to.equal(undefined);
  });

  it('is announced by a screen reader: warnings with the dialog, notes within it', async () => {
    const visitor = await stage.owner();
    await visitor.passkeys.click();
    await visitor.page
      .getByRole('dialog', { name: /^Remove Passkeys/ })
      .getByText('2 organizations')
      .waitFor();
    const described = await visitor.page.evaluate<string>(
      "document.getElementById(document.querySelector('dialog').getAttribute('aria-describedby')).textContent",
    );
    expect(described).to.include('with one factor').and.include('2 organizations');
    await toggle(stage);
    await visitor.dialog.getByRole('status', { name: 'Notes' }).getByText('owner-machine').first().waitFor();
  });
});

async function looking(visitor: Visitor): Promise<void> {
  await visitor.passkeys.click();
  await visitor.dialog.getByText('2 organizations').waitFor();
}

/** Two changes that leave the policy as it was. */
async function toggle(stage: Stage): Promise<void> {
  const factors = `${ADMIN}/second_factors`;
  await stage.api('POST', factors, { type: 'SECOND_FACTOR_TYPE_OTP_EMAIL' });
  await stage.api('DELETE', `${factors}/SECOND_FACTOR_TYPE_OTP_EMAIL`);
}
