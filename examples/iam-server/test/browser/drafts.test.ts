import { copyFile, rm } from 'node:fs/promises';
import { beforeEach, it } from 'mocha';
import { expect } from 'chai';
import { describeInBrowser } from './suite.js';

const ADMIN = '/admin/v1/policies/login';

describeInBrowser('the page: the base of a draft', (stage) => {
  beforeEach(() => stage.serve());

  it('is known by its events: after a restore another event can have the same number', async () => {
    const kept = `${stage.storeFile}.kept`;
    await stage.restart(() => copyFile(stage.storeFile, kept));
    await stage.api('DELETE', `${ADMIN}/second_factors/SECOND_FACTOR_TYPE_U2F`);
    const visitor = await stage.owner();
    await visitor.page.getByText('Version 5, changed').waitFor();
    await visitor.switch('Require a second factor').click();
    const bar = visitor.page.getByRole('group', { name: 'Changes that are not saved' });
    await bar.getByText('1 setting changed.').waitFor();
    expect(await bar.getByText('since you looked').count()).to.equal(0);
    await stage.restart(async () => {
      for (const end of ['-wal', '-shm']) await rm(`${stage.storeFile}${end}`, { force: true });
      await copyFile(kept, stage.storeFile);
    });
    await stage.api('DELETE', `${ADMIN}/second_factors/SECOND_FACTOR_TYPE_OTP`);
    expect((await stage.policy()).details.sequence).to.equal('5');
    await bar.getByText('What this depends on has changed since you looked.').waitFor();
    visitor.complaints.splice(0);
  });

  it('is the default behind a custom policy, too', async () => {
    const [acme] = stage.quickstart.organizationIds;
    await stage.apiOf(acme, 'POST /_customize');
    const visitor = await stage.owner();
    await visitor.page.goto(`${stage.quickstart.url}/#/organizations/${acme}`);
    await visitor.switch('Require a second factor').click();
    const bar = visitor.page.getByRole('group', { name: 'Changes that are not saved' });
    await bar.getByText('1 setting changed.').waitFor();
    await stage.api('DELETE', `${ADMIN}/second_factors/SECOND_FACTOR_TYPE_OTP`);
    await bar.getByText('What this depends on has changed since you looked.').waitFor();
    await bar.getByRole('button', { name: 'Review and save' }).click();
    await visitor.dialog.getByText('What this depends on has changed since you looked.').waitFor();
    visitor.complaints.splice(0);
  });

  it('is what the answer to one’s own change says, until that is read back', async () => {
    const visitor = await stage.owner();
    await visitor.switch('Self-registration').click();
    await visitor.button('Review and save').click();
    await visitor.dialog.getByText('2 organizations').waitFor();
    await visitor.confirm();
    await visitor.switch('Self-registration').click();
    const bar = visitor.page.getByRole('group', { name: 'Changes that are not saved' });
    await bar.getByText('1 setting changed.').waitFor();
    expect(await bar.getByText('since you looked').count()).to.equal(0);
  });
});
