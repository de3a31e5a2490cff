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

  it('is looked at first, made for all with one reason, and reverted as one', async () => {
    const visitor = await stage.owner();
    await review(visitor);
    await visitor.page
      .getByText(/3 policies would change: the default policy, (Acme and Globex|Globex and Acme)\./)
      .waitFor();
    expect(await allowing(stage), 'a plan writes nothing').to.equal(3);
    await visitor.page.getByLabel('Reason').fill('security advisory 2026-17');
    await visitor.button('Change everywhere').click();
    await visitor.page.getByText('3 policies were changed by it.').waitFor();
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

  it('lists what was refused, and why', async () => {
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

  it('stops where its answer breaks off, says so, and is gone on with', async () => {
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
    visitor.complaints.splice(0, Infinity);
    excuse(visitor);
  });
});

async function review(visitor: Visitor): Promise<void> {
  await visitor.goTo('Everywhere');
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
