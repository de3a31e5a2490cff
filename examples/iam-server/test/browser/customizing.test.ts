import { expect } from 'chai';
import { beforeEach, it } from 'mocha';
import type { Route } from 'playwright-core';
import { json, type PolicyRead } from '../client.js';
import { describeInBrowser, type Stage } from './suite.js';
import type { Visitor } from './visitor.js';

const U2F = '/admin/v1/policies/login/second_factors/SECOND_FACTOR_TYPE_U2F';

describeInBrowser('the page: a custom policy of the default that was seen', (stage) => {
  beforeEach(() => stage.serve());

  it('is refused if the default changed while the dialog was open, and shows both versions', async () => {
    const visitor = await stage.owner();
    await asking(visitor);
    await stage.api('DELETE', U2F);
    await visitor.dialog
      .getByText('The default policy has moved on to version 5 since you looked at version 4')
      .waitFor();
    await visitor.dialog.getByRole('button', { name: 'Compare versions' }).click();
    await throughConflict(visitor);
    expect(await factorsOf(stage, stage.quickstart.organizationIds[1])).to.deep.equal(['SECOND_FACTOR_TYPE_OTP']);
  });

  it('is refused by the server if the page did not know of the change yet', async () => {
    const visitor = await stage.owner();
    await asking(visitor);
    const beforeIt = async (route: Route): Promise<void> => {
      await stage.api('DELETE', U2F);
      await route.continue();
    };
    await visitor.page.route('**/management/v1/policies/login/_customize', beforeIt, { times: 1 });
    await visitor.dialog.getByRole('button', { name: 'Confirm' }).click();
    await throughConflict(visitor);
    expect(await factorsOf(stage, stage.quickstart.organizationIds[1])).to.deep.equal(['SECOND_FACTOR_TYPE_OTP']);
  });
});

async function asking(visitor: Visitor): Promise<void> {
  await visitor.goTo('Organizations');
  await visitor.button('Add a custom policy for Globex').click();
  await visitor.dialog.getByText('The users of Globex, and nobody else.').waitFor();
  await visitor.dialog.getByText('starts as a copy of the default').waitFor();
}

/** Sees what was changed and by whom, and makes the custom policy of the default as it is now. */
async function throughConflict(visitor: Visitor): Promise<void> {
  const conflict = visitor.page.getByRole('dialog', { name: 'Somebody changed the policy first' });
  await conflict.getByText('1 change by owner-machine since you looked.').waitFor();
  await conflict.getByText('The copy would have these as they are now: Security key (U2F).').waitFor();
  await visitor.button('Review again on version 5').click();
  await visitor.dialog.getByText('The users of Globex, and nobody else.').waitFor();
  await visitor.confirm();
  await visitor.button('Reset to the default for Globex').waitFor();
}

async function factorsOf(stage: Stage, organization: string): Promise<readonly string[] | undefined> {
  const { isDefault, policy } = json<PolicyRead>(await stage.apiOf(organization, 'GET'));
  expect(isDefault ?? false, 'a custom policy').to.equal(false);
  return policy.secondFactors;
}
