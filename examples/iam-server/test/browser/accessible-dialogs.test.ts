import { it } from 'mocha';
import { checkIn, VISITS } from './axe.js';
import { describeInBrowser, excuse, type Stage } from './suite.js';
import type { Visitor } from './visitor.js';

const ADMIN = '/admin/v1/policies/login';
const NO_PASSWORDS = '{"wish":"change-settings","patch":{"allowUsernamePassword":false}}';

type Check = (visitor: Visitor, view: string) => Promise<void>;

describeInBrowser('the page: accessibility of dialogs, drafts and proposals', (stage) => {
  for (const [look, visit] of Object.entries(VISITS)) {
    const checkAll = (visitor: Visitor, view: string) => checkIn(visit, visitor, view);

    it(`axe finds nothing, and nothing has to be scrolled sideways, ${look}`, async () => {
      await stage.serve();
      const visitor = await stage.owner(visit);
      await seePasskeys(visitor, checkAll);
      await visitor.switch('Require a second factor').click();
      await checkAll(visitor, 'a draft');
      await visitor.goTo('Check a sign-in');
      await visitor.page.getByRole('group', { name: 'User' }).getByRole('button', { name: 'Choose' }).click();
      await visitor.page.getByRole('button', { name: 'owner', exact: true }).waitFor();
      await checkAll(visitor, 'a choice of users');
      await visitor.page.getByRole('button', { name: 'owner', exact: true }).click();
      await visitor.page.getByText('With your draft: 1 setting changed').waitFor();
      await checkAll(visitor, 'a check with a draft');
      await visitor.goTo('Default policy');
      await visitor.button('Discard').click();
      await seeConflict(stage, visitor, checkAll);
      await visitor.page.goto(`${stage.quickstart.url}/#/default?change=${encodeURIComponent(NO_PASSWORDS)}`);
      await visitor.page.reload();
      await visitor.dialog.getByText('You: it locks you out yourself.').waitFor();
      await checkAll(visitor, 'a preview that locks out');
      excuse(visitor);
    });

    it(`nor of proposals, ${look}`, async () => {
      await stage.serve({ IAM_FOUR_EYES: 'yes' });
      const visitor = await stage.owner(visit);
      await visitor.passkeys.click();
      await visitor.dialog.getByText('2 organizations').waitFor();
      await visitor.dialog.getByLabel('Reason').fill('after the audit');
      await visitor.dialog.getByRole('button', { name: 'Propose to others' }).click();
      await visitor.dialog.waitFor({ state: 'detached' });
      await visitor.goTo('Proposals');
      await visitor.page.getByRole('heading', { name: 'What it would do now' }).waitFor();
      await visitor.page.getByRole('region', { name: 'Yesterday’s sign-ins' }).waitFor();
      await checkAll(visitor, 'a proposal');
    });
  }
});

async function seePasskeys(visitor: Visitor, checkAll: Check): Promise<void> {
  const account = visitor.button('Account');
  if (await account.isVisible()) await account.click();
  await visitor.button('Passkeys').click();
  await visitor.dialog.getByRole('heading').first().waitFor();
  await checkAll(visitor, 'passkeys');
  await visitor.page.keyboard.press('Escape');
  await visitor.dialog.waitFor({ state: 'detached' });
}

async function seeConflict(stage: Stage, visitor: Visitor, checkAll: Check): Promise<void> {
  await visitor.passkeys.click();
  await visitor.dialog.getByText('2 organizations').waitFor();
  await stage.api('POST', `${ADMIN}/second_factors`, { type: 'SECOND_FACTOR_TYPE_OTP_EMAIL' });
  await visitor.dialog.getByRole('button', { name: 'Compare versions' }).click();
  await visitor.page.getByRole('heading', { name: 'Somebody changed the policy first' }).waitFor();
  await checkAll(visitor, 'a conflict');
  await visitor.button('Discard my change').click();
}
