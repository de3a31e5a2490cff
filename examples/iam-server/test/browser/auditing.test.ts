import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { beforeEach, it } from 'mocha';
import { eventually } from '../waiting.js';
import { json } from '../client.js';
import { describeInBrowser, type PolicySeen } from './suite.js';

describeInBrowser('the page: who changed what, everywhere', (stage) => {
  beforeEach(async () => {
    await stage.serve();
    const [acme, globex] = stage.quickstart.organizationIds;
    await stage.apiOf(acme, 'POST /_customize');
    await stage.apiOf(globex, 'POST /_customize');
    await stage.apiOf(globex, 'DELETE /second_factors/SECOND_FACTOR_TYPE_U2F');
  });

  it('lists the changes of all policies with filters, and each entry links to its moment', async () => {
    const visitor = await stage.owner();
    await visitor.passkeys.click();
    await visitor.confirm('stolen keys, ticket 4711');
    await visitor.goTo('Audit');
    const entries = visitor.page.getByRole('list', { name: 'Changes' }).getByRole('listitem');
    await entries.first().getByText('stolen keys, ticket 4711').waitFor();
    expect(await entries.first().innerText())
      .to.include('owner')
      .and.include('Default policy')
      .and.include('Removed Passkeys');
    await entries.filter({ hasText: 'Globex' }).getByText('Removed Security key (U2F)').waitFor();
    const given = entries.filter({ hasText: 'Acme' }).filter({ hasText: 'versions 1 to 4' });
    await given.getByText('Gave it a custom policy, with Authenticator app (TOTP), Security key (U2F) and').waitFor();
    expect(await entries.count(), 'an entry of each act').to.equal(5);
    await visitor.page.getByRole('combobox', { name: 'Factor' }).selectOption('Security key (U2F)');
    await entries.filter({ hasText: 'Removed' }).first().waitFor();
    await visitor.page.getByText('stolen keys, ticket 4711').waitFor({ state: 'detached' });
    await visitor.page.getByRole('combobox', { name: 'What happened' }).selectOption('Second factor removed');
    await visitor.chooseOrganization('glob', 'Globex');
    await visitor.until("document.querySelectorAll('.audit > li').length === 1");
    await visitor.page.getByRole('link', { name: /^Look at this moment of Globex/ }).click();
    await visitor.until("document.activeElement.textContent === 'What was allowed when'");
    await visitor.page
      .getByRole('region', { name: 'Effective for Globex, then' })
      .getByText('Its custom policy at version')
      .waitFor();
    await visitor.page.goBack();
    await visitor.until("document.querySelectorAll('.audit > li').length === 1");
  });

  it('tells the default policy from an organization whose id is default', async () => {
    const visitor = await stage.owner();
    await visitor.goTo('Audit');
    const { page } = visitor;
    const entries = page.getByRole('list', { name: 'Changes' }).getByRole('listitem');
    const ofDefault = page.getByRole('checkbox', { name: 'Only the default policy' });
    await entries.filter({ hasText: 'Globex' }).first().waitFor();
    await ofDefault.check();
    await entries.filter({ hasText: 'Globex' }).first().waitFor({ state: 'detached' });
    await entries.filter({ hasText: 'Default policy' }).first().waitFor();
    await page.evaluate("location.hash = '#/audit?organizationId=default'");
    await page.getByText('Nothing recorded is like that').waitFor();
    expect(await ofDefault.isChecked()).to.equal(false);
  });

  it('includes the seconds that From and To name', async () => {
    const visitor = await stage.owner();
    await visitor.goTo('Audit');
    const { page } = visitor;
    const entries = page.getByRole('list', { name: 'Changes' }).getByRole('listitem');
    await entries.filter({ hasText: 'Globex' }).getByText('Removed Security key (U2F)').waitFor();
    const { policy } = json<{ policy: PolicySeen }>(await stage.apiOf(stage.quickstart.organizationIds[1], 'GET '));
    const second = policy.details.changeDate.slice(0, 19);
    for (const name of [/^From/, /^To/]) {
      await page.getByRole('textbox', { name }).fill(second);
      await page.getByRole('textbox', { name }).press('Enter');
    }
    await visitor.until("location.hash.includes('from=') && location.hash.includes('to=')");
    const hash = new URLSearchParams((await page.evaluate<string>('location.hash')).split('?')[1]);
    expect([hash.get('from'), hash.get('to')]).to.deep.equal([`${second}.000Z`, `${second}.999Z`]);
    await visitor.goTo('Organizations');
    await page.goBack();
    await entries.filter({ hasText: 'Globex' }).getByText('Removed Security key (U2F)').waitFor();
  });

  it('shows the receivers of webhooks, and which of them fail', async () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    // Nobody listens there.
    await stage.tell([{ name: 'siem', url: 'http://127.0.0.1:9999/hook?key=secret', secrets: [secret] }]);
    await stage.api('POST', '/admin/v1/policies/login/second_factors', { type: 'SECOND_FACTOR_TYPE_OTP_EMAIL' });
    const visitor = await stage.owner();
    const webhooks = visitor.page.getByRole('region', { name: 'Webhooks' });
    await eventually('a failure of the webhook', async () => {
      await visitor.goTo('Default policy');
      await visitor.goTo('Audit');
      await webhooks.getByText('siem').waitFor();
      return (await webhooks.innerText()).includes('failing, tried') ? true : undefined;
    });
    expect(await webhooks.innerText())
      .to.include('http://127.0.0.1:9999/hook')
      .and.not.include('secret');
  });

  it('searches reasons and actors, reports no matches, and exports the filtered entries', async () => {
    const visitor = await stage.owner();
    await visitor.passkeys.click();
    await visitor.confirm('stolen keys, ticket 4711');
    await visitor.goTo('Audit');
    await visitor.page.getByLabel('Words in the reason').fill('4711');
    await visitor.page.getByLabel('Words in the reason').press('Enter');
    await visitor.until("document.querySelectorAll('.audit > li').length === 1");
    for (const [link, word] of [
      ['Export as CSV', '"MultiFactorRemoved"'],
      ['Export as JSON', '"type":"MultiFactorRemoved"'],
    ] as const) {
      const begun = visitor.page.waitForEvent('download');
      await visitor.page.getByRole('link', { name: link }).click();
      const text = await readFile(await (await begun).path(), 'utf8');
      expect(text).to.include(word).and.include('stolen keys').and.not.include('SecondFactorRemoved');
    }
    await visitor.page.getByLabel('Person').fill('nobody');
    await visitor.page.getByLabel('Person').press('Enter');
    await visitor.page.getByText('Nothing recorded is like that').waitFor();
  });
});
