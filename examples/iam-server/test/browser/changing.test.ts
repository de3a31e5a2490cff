import { expect } from 'chai';
import { beforeEach, it } from 'mocha';
import { json, type PolicyRead } from '../client.js';
import { describeInBrowser } from './suite.js';

const PASSKEYS = 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';
const ADMIN = '/admin/v1/policies/login';

describeInBrowser('the page: changing policies', (stage) => {
  beforeEach(() => stage.serve());

  it('removes the multi-factor: shows the preview, then the answer and the new state', async () => {
    const visitor = await stage.owner();
    await visitor.passkeys.click();
    const { details, dialog } = visitor;
    await dialog.getByText('2 organizations on the default policy: Acme and Globex').waitFor();
    await dialog.getByRole('list', { name: 'Warnings' }).getByText('with one factor').waitFor();
    expect(await dialog.getByRole('listitem').filter({ hasText: 'removed' }).innerText()).to.include('Passkeys');
    expect((await stage.policy()).multiFactors, 'a preview writes nothing').to.deep.equal([PASSKEYS]);
    await visitor.confirm('security advisory 2026-17 – “lost keys”');

    await details.getByText('They are equal: the change answered exactly what the next read says.').waitFor();
    expect(await details.getByText(/^5\b/).count(), 'sequence 5, twice').to.equal(2);
    expect(await visitor.passkeys.getAttribute('aria-checked')).to.equal('false');
    const policy = await stage.policy();
    expect(policy.multiFactors).to.equal(undefined);
    expect(await details.innerText())
      .to.include(policy.details.changeDate)
      .and.include(policy.details.creationDate);
    const { entries } = json<{ entries: readonly object[] }>(
      await stage.api('GET', `${ADMIN}/history?direction=backwards&limit=1`),
    );
    expect(entries[0]).to.include({
      type: 'MultiFactorRemoved',
      actor: 'owner',
      reason: 'security advisory 2026-17 – “lost keys”',
    });
  });

  it('warns if a second factor is required and none would be left', async () => {
    const visitor = await stage.owner();
    const [acme] = stage.quickstart.organizationIds;
    // Not of the default policy: that is the server's own users', and would end the session.
    await stage.apiOf(acme, 'POST /_customize');
    await visitor.goTo('Organizations');
    await visitor.page.getByRole('link', { name: 'Acme', exact: true }).click();
    await visitor.page.getByText('Acme has a custom policy').waitFor();
    await visitor.switch('Require a second factor').click();
    await visitor.button('Review and save').click();
    await visitor.confirm();
    await visitor.switch('Authenticator app (TOTP)').click();
    await visitor.confirm();
    await visitor.switch('Security key (U2F)').click();
    await visitor.confirm();
    await visitor.passkeys.click();
    await visitor.dialog.getByRole('list', { name: 'Warnings' }).getByText('could not set one up').waitFor();
    await visitor.dialog.getByRole('button', { name: 'Cancel' }).click();
    const { policy } = json<PolicyRead>(await stage.apiOf(acme, 'GET'));
    expect(policy.multiFactors).to.deep.equal([PASSKEYS]);
  });

  it('does not report an own change as a conflict while it is being read again', async () => {
    const visitor = await stage.owner();
    await visitor.page.route(`**${ADMIN}`, async (route) => {
      if (route.request().method() === 'GET') await new Promise((resolve) => setTimeout(resolve, 1500));
      await route.continue();
    });
    await visitor.switch('Authenticator app (TOTP)').click();
    await visitor.confirm();
    await visitor.switch('Security key (U2F)').click();
    await visitor.confirm();
    expect((await stage.policy()).details.sequence).to.equal('6');
  });

  it('nor after that, while its notification is being processed', async () => {
    const visitor = await stage.owner();
    let reads = 0;
    await visitor.page.route(`**${ADMIN}`, async (route) => {
      if (route.request().method() === 'GET') {
        reads += 1;
        // The answer to the first comes while the second is on its way.
        await new Promise((resolve) => setTimeout(resolve, reads === 1 ? 500 : 3000));
      }
      await route.continue();
    });
    await visitor.switch('Authenticator app (TOTP)').click();
    await visitor.confirm();
    await visitor.details.getByText('They are equal').waitFor();
    await visitor.switch('Security key (U2F)').click();
    await visitor.confirm();
    expect((await stage.policy()).details.sequence).to.equal('6');
  });

  it('saves several settings as one event, and reports errors at the field', async () => {
    const visitor = await stage.owner();
    const redirect = visitor.page.getByLabel(/Default redirect URI/);
    await redirect.fill('javascript:alert(1)');
    expect(await visitor.button('Review and save').isDisabled()).to.equal(true);
    await redirect.fill('https://example.com/welcome');
    await visitor.switch('Self-registration').click();
    await visitor.button('Review and save').click();
    await visitor.dialog.getByText('https://example.com/welcome').waitFor();
    await visitor.confirm();
    const policy = await stage.policy();
    expect(policy).to.include({ defaultRedirectUri: 'https://example.com/welcome' });
    expect([policy.allowRegister, policy.details.sequence]).to.deep.equal([undefined, '5']);
  });

  it('adds and removes an identity provider, also one of an organization', async () => {
    const visitor = await stage.owner();
    const providers = visitor.page.getByRole('region', { name: 'Identity providers' });
    await providers.getByLabel('Another identity provider').fill('google');
    await providers.getByRole('button', { name: 'Review and add' }).click();
    await visitor.page.getByRole('dialog', { name: 'Add the identity provider Google' }).waitFor();
    await visitor.dialog.getByRole('listitem').getByText('added Identity provider Google').waitFor();
    await visitor.confirm();
    await visitor.goTo('Organizations');
    await visitor.button('Add a custom policy for Globex').click();
    await visitor.confirm();
    await visitor.page.getByRole('link', { name: 'Globex', exact: true }).click();
    await visitor.page.getByText('Globex has a custom policy').waitFor();
    await providers.getByLabel('Another identity provider').fill('globex-saml');
    await providers.getByLabel('Owned by').selectOption('Organization');
    await providers.getByRole('button', { name: 'Review and add' }).click();
    await visitor.confirm();
    await providers.getByRole('button', { name: 'Remove the identity provider Google' }).click();
    await visitor.dialog.getByText('The users of Globex, and nobody else.').waitFor();
    await visitor.confirm();
    await providers.getByRole('listitem').filter({ hasText: 'google' }).waitFor({ state: 'detached' });
    expect(await providers.getByRole('listitem').count()).to.equal(1);
    expect((await stage.policy()).idps?.map(({ idpId }) => idpId)).to.deep.equal(['google']);
    await visitor.goTo('Audit');
    await visitor.page.reload();
    const changes = visitor.page.getByRole('list', { name: 'Changes' });
    await changes.getByText('Removed the identity provider Google').waitFor();
    await changes.getByText('Added the identity provider Globex').waitFor();
  });

  it('shows what was recorded in no later dialog, and lets it fade', async () => {
    const visitor = await stage.visitor();
    await visitor.page.clock.install();
    await visitor.page.reload();
    await visitor.signIn('owner');
    await visitor.switch('Code by email').click();
    await visitor.confirm();
    const recorded = visitor.page.getByText(/^Recorded/);
    await visitor.notes.and(visitor.page.locator(':has-text("Recorded")')).waitFor();
    await visitor.passkeys.click();
    await visitor.dialog.getByText('2 organizations').waitFor();
    expect(await visitor.dialog.getByText(/^Recorded/).count()).to.equal(0);
    await visitor.page.keyboard.press('Escape');
    await visitor.dialog.waitFor({ state: 'detached' });
    await visitor.page.clock.fastForward(31_000);
    await recorded.waitFor({ state: 'detached' });
    visitor.complaints.splice(0);
  });

  it('customizes an organization, which is then not affected by the default, and resets it', async () => {
    const visitor = await stage.owner();
    const [acme] = stage.quickstart.organizationIds;
    await visitor.goTo('Organizations');
    await visitor.button('Add a custom policy for Acme').click();
    await visitor.confirm('they asked for it');
    await visitor.button('Reset to the default for Acme').waitFor();

    await visitor.goTo('Default policy');
    await visitor.passkeys.click();
    await visitor.dialog.getByText('1 organization on the default policy: Globex').waitFor();
    await visitor.dialog.getByText(/Not affected.*Acme/).waitFor();
    await visitor.confirm();

    await visitor.goTo('Organizations');
    await visitor.page.getByRole('row', { name: /Acme.*Custom policy.*1 point/ }).waitFor();
    await visitor.page.getByRole('link', { name: 'Acme', exact: true }).click();
    await visitor.heading('Acme').waitFor();
    await visitor.page.getByText('Acme has a custom policy').waitFor();
    expect(await visitor.passkeys.getAttribute('aria-checked')).to.equal('true');
    expect(await visitor.details.innerText()).to.include(acme);
    await visitor.button('Reset to the default for Acme').click();
    await visitor.dialog.getByText('The users of Acme, and nobody else.').waitFor();
    await visitor.confirm();
    await visitor.page.getByText('Acme is on the default policy').waitFor();
    expect(await visitor.passkeys.getAttribute('aria-checked')).to.equal('false');
  });

  it('reports a conflict in the second of two tabs, and shows both versions', async () => {
    const first = await stage.owner();
    const second = await first.anotherTab();
    await second.passkeys.click();
    await second.dialog.getByText('2 organizations').waitFor();
    await first.switch('Code by email').click();
    await first.confirm('faster');
    await second.dialog.getByText('The policy has moved on to version 5').waitFor();
    await second.dialog.getByRole('button', { name: 'Compare versions' }).click();
    await second.page.getByRole('heading', { name: 'Somebody changed the policy first' }).waitFor();
    const both = second.dialog.getByRole('region', { name: 'Both versions' });
    expect(await both.innerText())
      .to.include('Passkeys')
      .and.include('Code by email');
    expect((await stage.policy()).details.sequence, 'nothing was written').to.equal('5');
    await second.button('Review again on version 5').click();
    await second.dialog.getByText('2 organizations').waitFor();
    await second.confirm();
    const policy = await stage.policy();
    expect([policy.details.sequence, policy.multiFactors]).to.deep.equal(['6', undefined]);
    expect(second.complaints.filter((one) => !/409|412/.test(one))).to.deep.equal([]);
  });
});
