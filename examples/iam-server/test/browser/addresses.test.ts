import { expect } from 'chai';
import { beforeEach, it } from 'mocha';
import { ADDRESSED, feltOf, WATCH } from './felt.js';
import { describeInBrowser, type Stage } from './suite.js';
import type { Visitor } from './visitor.js';

const PASSKEYS = 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';

describeInBrowser('the page: an address for everything', (stage) => {
  beforeEach(() => stage.serve());

  it('opens a filter, and shows its result', async () => {
    const visitor = await stage.owner();
    await open(stage, visitor, '#/organizations?search=acme&policy=default&sort=differs&order=desc');
    await visitor.page.getByText('1 organization', { exact: true }).waitFor();
    expect(await visitor.page.getByRole('combobox', { name: 'Policy' }).inputValue()).to.equal('default');
    await open(stage, visitor, '#/organizations?sort=weather&page=many&allowing=CARRIER_PIGEON');
    await visitor.page.getByText('2 organizations', { exact: true }).waitFor();
  });

  it('opens the dialog of a change, without writing anything', async () => {
    const visitor = await stage.owner();
    await visitor.passkeys.click();
    await visitor.dialog.getByText('2 organizations').waitFor();
    const address = await visitor.page.evaluate<string>('location.href');
    await visitor.page.keyboard.press('Escape');
    await visitor.dialog.waitFor({ state: 'detached' });
    expect(await visitor.page.evaluate('location.hash')).to.equal('#/default');
    const other = await visitor.anotherTab();
    await other.page.goto(address);
    await other.page.reload();
    await other.page
      .getByRole('dialog', { name: 'Remove Passkeys (U2F with verification)' })
      .getByText('2 organizations')
      .waitFor();
    expect((await stage.policy()).details.sequence).to.equal('4');
  });

  it('opens the dialog of another change in the place of the one that is open', async () => {
    const visitor = await stage.owner();
    await visitor.passkeys.click();
    await visitor.dialog.getByText('2 organizations').waitFor();
    const change = encodeURIComponent('{"wish":"change-settings","patch":{"forceMfa":true}}');
    await visitor.page.goto(`${stage.quickstart.url}/#/default?change=${change}`);
    await visitor.page.getByRole('dialog', { name: 'Change 1 setting' }).getByText('2 organizations').waitFor();
    expect(await visitor.dialog.count()).to.equal(1);
    await visitor.page.keyboard.press('Escape');
    await visitor.dialog.waitFor({ state: 'detached' });
    await visitor.page.goBack();
    expect(await visitor.page.evaluate('location.hash')).to.match(/^#\/default/);
  });

  it('contains the moment of the slider and the organization', async () => {
    const visitor = await stage.owner();
    await stage.api('DELETE', `/admin/v1/policies/login/multi_factors/${PASSKEYS}`);
    await visitor.lookBack();
    await visitor.page.getByLabel('Moment, by version').fill('4');
    await visitor.until('location.hash.includes("at=4")');
    const [, globex] = stage.quickstart.organizationIds;
    await open(stage, visitor, `#/audit?at=4&organizationId=${globex}`);
    await visitor.page.reload();
    await visitor.page
      .getByRole('region', { name: 'Effective for Globex, then' })
      .getByText('The default policy at version 4')
      .waitFor();
    expect(await visitor.page.getByLabel('Moment, by version').inputValue()).to.equal('4');
  });

  it('of an unknown organization or a future moment shows an error', async () => {
    const visitor = await stage.owner();
    await open(stage, visitor, '#/audit?at=now&organizationId=nobody');
    await visitor.page.getByText('There is no organization with this id in the instance.').waitFor();
    expect(await visitor.page.getByText('Effective for Acme').count()).to.equal(0);
    for (const at of ['2999-01-01T00:00:00Z', '999', '0', 'yesterday']) {
      await open(stage, visitor, `#/audit?isDefault=true&at=${at}`);
      await visitor.page.getByText('The address names no past moment. Shown is what holds now.').waitFor();
    }
    expect(await visitor.page.getByText('asOf').count()).to.equal(0);
    // The server says what is past.
    visitor.complaints.splice(0);
  });

  it('opens each view without layout shifts (CLS)', async () => {
    const [acme, globex] = stage.quickstart.organizationIds;
    await lockOut(stage, globex);
    const visitor = await stage.owner({ width: 375, height: 812 });
    await visitor.page.addInitScript(WATCH);
    const opened = [
      ...Object.values(ADDRESSED).map(({ hash, last }) => [hash(acme), last] as const),
      [`#/organizations/${globex}`, 'This policy locks users out'] as const,
    ];
    for (const [hash, last] of opened) {
      const { cls, moved } = await feltOf(visitor, `${stage.quickstart.url}/${hash}`, last);
      expect(cls, `${hash}: ${moved.join('; ')}`).to.be.below(0.02);
    }
  });
});

async function open(stage: Stage, visitor: Visitor, hash: string): Promise<void> {
  await visitor.page.goto(`${stage.quickstart.url}/${hash}`);
  await visitor.page.locator('h1').first().waitFor();
}

/** Has an organization require a second factor of users who can't set one up. */
async function lockOut(stage: Stage, organizationId: string): Promise<void> {
  await stage.apiOf(organizationId, 'POST /_customize');
  for (const factor of ['OTP', 'U2F'])
    await stage.apiOf(organizationId, `DELETE /second_factors/SECOND_FACTOR_TYPE_${factor}`);
  await stage.apiOf(organizationId, `DELETE /multi_factors/${PASSKEYS}`);
  await stage.apiOf(organizationId, 'PUT', {
    allowUsernamePassword: true,
    forceMfa: true,
    passwordlessType: 'PASSWORDLESS_TYPE_ALLOWED',
  });
}
