import { beforeEach, it } from 'mocha';
import { describeInBrowser, excuse } from './suite.js';
import type { Visitor } from './visitor.js';

const ADMIN = '/admin/v1/policies/login';
const PASSKEYS = '/multi_factors/MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';

describeInBrowser('the page: what a change would overwrite', (stage) => {
  beforeEach(() => stage.serve());

  it('is shown for a revert if others changed what it restores', async () => {
    const visitor = await stage.owner();
    await stage.api('DELETE', `${ADMIN}${PASSKEYS}`);
    await visitor.lookBack();
    await visitor.page.getByLabel('Moment, by version').fill('4');
    await visitor.page.getByText('at version 4').first().waitFor();
    await visitor.button('Revert to this moment').click();
    await visitor.dialog.getByText('2 organizations').waitFor();
    await stage.api('POST', `${ADMIN}/second_factors`, { type: 'SECOND_FACTOR_TYPE_OTP_EMAIL' });
    await seeBoth(visitor, 'What was changed would be overwritten: Code by email.');
  });

  it('is shown for a reset if others changed what it removes', async () => {
    const visitor = await stage.owner();
    const [acme] = stage.quickstart.organizationIds;
    await stage.apiOf(acme, 'POST /_customize');
    await visitor.goTo('Organizations');
    await visitor.button('Reset to the default for Acme').click();
    await visitor.dialog.getByText('The users of Acme, and nobody else.').waitFor();
    await stage.apiOf(acme, `DELETE ${PASSKEYS}`);
    await seeBoth(visitor, 'What was changed would be overwritten: Passkeys (U2F with verification).');
  });

  it('is shown for a reset if others changed the default that its users would meet, and nothing is recorded (T51)', async () => {
    const visitor = await stage.owner();
    const [acme] = stage.quickstart.organizationIds;
    await stage.apiOf(acme, 'POST /_customize');
    await visitor.goTo('Organizations');
    await visitor.button('Reset to the default for Acme').click();
    await visitor.dialog.getByText('The users of Acme, and nobody else.').waitFor();
    await stage.api('DELETE', `${ADMIN}${PASSKEYS}`);
    // The page refuses it if it knows of the change already; otherwise the server does.
    await visitor.dialog.getByRole('button', { name: /^(Confirm|Compare versions)$/ }).click();
    const conflict = visitor.page.getByRole('dialog', { name: 'Somebody changed the policy first' });
    await conflict.getByText('The default policy was changed since you looked.').waitFor();
    await visitor.button('Discard my change').click();
    excuse(visitor);
  });
});

async function seeBoth(visitor: Visitor, sentence: string): Promise<void> {
  await visitor.dialog.getByRole('button', { name: 'Compare versions' }).click();
  const conflict = visitor.page.getByRole('dialog', { name: 'Somebody changed the policy first' });
  await conflict.getByText(sentence).waitFor();
  await visitor.button('Discard my change').click();
}
