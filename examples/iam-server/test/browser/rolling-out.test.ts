import { expect } from 'chai';
import { beforeEach, it } from 'mocha';
import { json, type PolicyRead } from '../client.js';
import { describeInBrowser, excuse, type Stage } from './suite.js';
import type { Visitor } from './visitor.js';

describeInBrowser('the page: one change everywhere', (stage) => {
  beforeEach(async () => {
    await stage.serve();
    for (const id of stage.quickstart.organizationIds) await stage.apiOf(id, 'POST /_customize');
  });

  it('is previewed, carried out with one reason, and reverted as a whole', async () => {
    const visitor = await stage.owner();
    await review(visitor);
    await visitor.page
      .getByText(/3 policies would change: the default policy, (Acme and Globex|Globex and Acme)\./)
      .waitFor();
    await visitor.page.getByText('In 3 of them, users who have nothing else set up will sign in').waitFor();
    expect(await allowing(stage), 'a plan writes nothing').to.equal(3);
    await visitor.page.getByLabel('Reason').fill('security advisory 2026-17');
    await visitor.button('Change everywhere').press('Enter');
    await visitor.page.getByText('3 policies were changed by it.').waitFor();
    expect(await visitor.page.evaluate('document.activeElement.id'), 'where a keyboard goes on').to.equal('rollout');
    await visitor.page.getByRole('link', { name: '0 custom policies still allow it' }).waitFor();
    expect(await allowing(stage)).to.equal(0);
    const address = await visitor.page.evaluate<string>('location.href');
    const other = await visitor.anotherTab();
    await other.page.goto(address);
    await other.page.reload();
    await other.page.getByText('3 policies were changed by it.').waitFor();
    await other.page.getByText('security advisory 2026-17').waitFor();
    await visitor.page.getByLabel('Reason').fill('too early');
    await visitor.button('Revert all of it').click();
    await visitor.page.getByText('Reverted.').waitFor();
    expect(await allowing(stage)).to.equal(3);
  });

  it('is the scope of any change: begun on one policy, it is made everywhere', async () => {
    const visitor = await stage.owner();
    await visitor.switch('Self-registration').click();
    await visitor.switch('Hide the password reset').click();
    await visitor.button('Review and save').click();
    await visitor.dialog.getByRole('group', { name: 'Where' }).getByLabel('everywhere').check();
    await visitor.dialog.getByText('3 policies would change').waitFor();
    await visitor.dialog.getByText('You: nothing changes for you.').waitFor();
    await visitor.dialog.getByRole('button', { name: 'Change everywhere' }).click();
    await visitor.heading('Change many policies').waitFor();
    await visitor.page.getByText('3 policies were changed by it.').waitFor();
    for (const id of stage.quickstart.organizationIds) {
      const { policy } = json<PolicyRead & { readonly policy: object }>(await stage.apiOf(id, 'GET'));
      expect(policy).to.deep.include({ hidePasswordReset: true });
    }
  });

  it('binds each step to what its plan has shown: a policy that was changed since is refused', async () => {
    const [, globex] = stage.quickstart.organizationIds;
    const visitor = await stage.owner();
    await review(visitor);
    // The news of it is lost on the way.
    await visitor.page.route('**/_roll_out', async (route) => {
      await stage.apiOf(globex, 'POST /second_factors', { type: 'SECOND_FACTOR_TYPE_OTP_EMAIL' });
      await route.continue();
    });
    await visitor.button('Change everywhere').click();
    const refused = visitor.page.getByRole('list', { name: 'Refused (1)' });
    await refused.getByText('Globex').waitFor();
    await visitor.page.getByText('2 policies were changed by it.').waitFor();
    expect(await allowing(stage)).to.equal(1);
  });

  it('is previewed in the dialog for chosen organizations, and carried out there alone', async () => {
    const visitor = await stage.owner();
    const { dialog, page } = visitor;
    await visitor.passkeys.click();
    await dialog.getByRole('group', { name: 'Where' }).getByLabel('these organizations').check();
    await dialog.getByText('Choose the organizations first.').waitFor();
    await dialog.getByLabel('Add an organization with a custom policy').fill('glob');
    await dialog.getByRole('button', { name: 'Globex', exact: true }).click();
    await dialog.getByText('1 policy would change: Globex.').waitFor();
    await dialog.getByLabel('Reason').fill('only theirs');
    await dialog.getByRole('button', { name: 'Change 1 policy' }).click();
    await page.getByText('1 policy was changed by it.').waitFor();
    await page.getByText('only theirs').waitFor();
    expect(await allowing(stage)).to.equal(2);
    await visitor.goTo('Default policy');
    expect(await visitor.passkeys.getAttribute('aria-checked')).to.equal('true');
  });

  it('lists the refusals with their reasons', async () => {
    const [, globex] = stage.quickstart.organizationIds;
    for (const factor of ['OTP', 'U2F'])
      await stage.apiOf(globex, `DELETE /second_factors/SECOND_FACTOR_TYPE_${factor}`);
    const settings = { allowUsernamePassword: true, forceMfa: true, passwordlessType: 'PASSWORDLESS_TYPE_ALLOWED' };
    await stage.apiOf(globex, 'PUT', settings);
    const visitor = await stage.owner();
    await review(visitor);
    await visitor.page
      .getByText('1 policy of them would lock users out. The server refuses those, and lists them.')
      .waitFor();
    await visitor.button('Change everywhere').click();
    const refused = visitor.page.getByRole('list', { name: 'Refused (1)' });
    await refused.getByText('Globex').waitFor();
    await visitor.page.getByText('2 policies were changed by it.').waitFor();
    expect(await allowing(stage)).to.equal(1);
  });

  it('is limited to the selected organizations, also from an address without them', async () => {
    const visitor = await stage.owner();
    const { page } = visitor;
    await visitor.goTo('Organizations');
    await page.getByLabel('Select Globex').check();
    await page.getByText('1 organization selected.').waitFor();
    await page.getByRole('link', { name: 'Change them together' }).click();
    await visitor.heading('Change many policies').waitFor();
    await page.getByRole('combobox', { name: 'Factor' }).selectOption('Passkeys (U2F with verification)');
    await visitor.button('Review what it would do').click();
    await page.getByText('1 policy would change: Globex.').waitFor();
    await visitor.button('Change 1 policy').click();
    await page.getByText('1 policy was changed by it.').waitFor();
    await page.getByRole('heading', { name: 'Remove Passkeys (U2F with verification) for Globex' }).waitFor();
    expect(await visitor.button('Go on').count(), 'there is nothing left to do').to.equal(0);
    expect(await allowing(stage)).to.equal(2);
    const address = await page.evaluate<string>('location.href');
    await page.goto(address.replace(/organizations=[^&]*&?/, ''));
    await page.reload();
    await page.getByText('This address does not say all of what it was to change').waitFor();
    expect(await visitor.button('Go on').count()).to.equal(0);
  });

  it('sets one setting or links an identity provider everywhere, without other changes', async () => {
    const [acme] = stage.quickstart.organizationIds;
    await stage.apiOf(acme, 'DELETE /multi_factors/MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION');
    const visitor = await stage.owner();
    const { page } = visitor;
    await visitor.goTo('Change many policies');
    await page.getByRole('combobox', { name: 'Change' }).selectOption('Change a setting');
    await page.getByRole('combobox', { name: 'Setting' }).selectOption('Password check');
    await page.getByRole('textbox', { name: 'To' }).fill('36');
    await page.getByRole('combobox', { name: 'Password check, unit' }).selectOption('hours');
    await changeEverywhere(visitor);
    await page.getByRole('heading', { name: 'Set Password check to 36 hours everywhere' }).waitFor();
    await visitor.button('Make another change').click();
    await page.getByRole('combobox', { name: 'Change' }).selectOption('Link an identity provider');
    await page.getByRole('textbox', { name: 'Identity provider of the instance' }).fill('google');
    await changeEverywhere(visitor);
    const { policy } = json<PolicyRead & { readonly policy: object }>(await stage.apiOf(acme, 'GET'));
    expect(policy).to.deep.include({ passwordCheckLifetime: '129600s' });
    expect(policy).to.have.property('idps').with.length(1);
    expect(policy.multiFactors ?? []).to.deep.equal([]);
  });

  it('reports that policies changed during the preview, and that the session has ended', async () => {
    const [, globex] = stage.quickstart.organizationIds;
    const visitor = await stage.owner();
    await review(visitor);
    await visitor.page.getByText('3 policies would change').waitFor();
    await stage.apiOf(globex, 'DELETE /multi_factors/MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION');
    const since = visitor.page.getByRole('status').filter({ hasText: 'Policies were changed since.' });
    await since.getByText('Removed Passkeys').waitFor();
    await since.getByRole('link', { name: 'Globex', exact: true }).waitFor();
    expect(await visitor.button('Change everywhere').count(), 'not before it was reviewed again').to.equal(0);
    await visitor.button('Review it again').click();
    await visitor.page.getByText('2 policies would change').waitFor();
    const changed = visitor.page.getByRole('list', { name: 'The plan changed' });
    await changed.getByText('Would not change any more: Globex.').waitFor();
    await stage.endSessions();
    const ended = visitor.errors.getByText('Your session has ended').waitFor();
    // The live feed may have told the page before: then there is nothing left to click.
    await Promise.race([
      visitor
        .button('Change everywhere')
        .click()
        .catch(() => undefined),
      ended,
    ]);
    await ended;
  });

  it('is stopped by its button, and resumed', async () => {
    const visitor = await stage.owner();
    await review(visitor);
    // Held back, so that it is stopped before it has ended.
    await visitor.page.route('**/_roll_out', () => {}, { times: 1 });
    await visitor.button('Change everywhere').click();
    await visitor.button('Stop').click();
    await visitor.page.getByText('Stopped. What was changed stays.').waitFor();
    expect(await allowing(stage)).to.equal(3);
    await visitor.button('Go on').click();
    await visitor.page.getByText('3 policies were changed by it.').waitFor();
    expect(await allowing(stage)).to.equal(0);
    // Of the server, which knew of no event of it when it was stopped.
    visitor.complaints.splice(0, Infinity);
  });

  it('is a plan again where the page was left before anything was recorded', async () => {
    const visitor = await stage.owner();
    await review(visitor);
    await visitor.page.route('**/_roll_out', (route) => route.abort('connectionreset'), { times: 1 });
    await visitor.button('Change everywhere').click();
    await visitor.page.getByText('Stopped. What was changed stays.').waitFor();
    await visitor.page.reload();
    await visitor.page.getByText('3 policies would change').waitFor();
    await visitor.goTo('Overview');
    await visitor.page.reload();
    const waiting = visitor.page.getByRole('region', { name: 'Waiting' });
    await waiting.getByText('begun here, and not known to be done').waitFor();
    await waiting.getByRole('link', { name: 'Remove Passkeys (U2F with verification)' }).click();
    await visitor.button('Change everywhere').click();
    await visitor.page.getByText('3 policies were changed by it.').waitFor();
    await visitor.goTo('Overview');
    expect(await waiting.getByText('begun here').count()).to.equal(0);
    // Of the server, which knew of no event of it.
    visitor.complaints.splice(0, Infinity);
    excuse(visitor);
  });

  it('stops and reports it if its answer breaks off, and is resumed', async () => {
    const visitor = await stage.owner();
    await review(visitor);
    await visitor.page.route('**/_roll_out', (route) => route.abort('connectionreset'), { times: 1 });
    await visitor.button('Change everywhere').click();
    await visitor.page
      .getByRole('alert')
      .getByText('What was done until then stays, and can be gone on with.')
      .waitFor();
    await visitor.button('Go on').click();
    await visitor.page.getByText('3 policies were changed by it.').waitFor();
    expect(await allowing(stage)).to.equal(0);
    // As a server says that is told to end; the one after it has not begun the rest.
    const body = '{"stopped":{"done":1,"of":3,"changed":1,"refused":0}}\n';
    await visitor.page.route('**/_revert_rollout', (route) => route.fulfill({ body }), { times: 1 });
    await visitor.button('Revert all of it').click();
    await visitor.page.getByText('The server ended before it was done.').waitFor();
    await visitor.page.getByText('Stopped. What was changed stays. 1 of 3 policies looked at, 1 changed.').waitFor();
    await visitor.button('Revert all of it').click();
    await visitor.page.getByText('Reverted.').waitFor();
    expect(await allowing(stage)).to.equal(3);
    visitor.complaints.splice(0, Infinity);
    excuse(visitor);
  });
});

/** Carries out what the form says, for all. */
async function changeEverywhere(visitor: Visitor): Promise<void> {
  await visitor.button('Review what it would do').click();
  await visitor.page.getByText('3 policies would change').waitFor();
  await visitor.button('Change everywhere').click();
  await visitor.page.getByText('3 policies were changed by it.').waitFor();
}

async function review(visitor: Visitor): Promise<void> {
  await visitor.goTo('Change many policies');
  await visitor.page.getByRole('combobox', { name: 'Factor' }).selectOption('Passkeys (U2F with verification)');
  await visitor.button('Review what it would do').click();
  await visitor.button('Change everywhere').waitFor();
}

/** How many policies allow passkeys. */
async function allowing(stage: Stage): Promise<number> {
  const policies = [(await stage.policy()).multiFactors];
  for (const id of stage.quickstart.organizationIds)
    policies.push(json<PolicyRead>(await stage.apiOf(id, 'GET')).policy.multiFactors);
  return policies.filter((multiFactors) => (multiFactors ?? []).length > 0).length;
}
