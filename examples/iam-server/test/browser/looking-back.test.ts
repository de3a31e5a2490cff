import { expect } from 'chai';
import { beforeEach, it } from 'mocha';
import { json, type PolicyRead } from '../client.js';
import { eventually } from '../waiting.js';
import { writeHistory } from './long-history.js';
import { describeInBrowser } from './suite.js';
import type { Visitor } from './visitor.js';

const PASSKEYS = 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';
const ADMIN = '/admin/v1/policies/login';

describeInBrowser('the page: looking back', (stage) => {
  beforeEach(() => stage.serve());

  it('shows actor, change, time and reason, newest first', async () => {
    const visitor = await stage.owner();
    await visitor.passkeys.click();
    await visitor.confirm('ticket 4711');
    await visitor.lookBack();
    const first = visitor.page.getByRole('list', { name: 'Changes' }).getByRole('listitem').first();
    await first.getByText('ticket 4711').waitFor();
    const text = await first.innerText();
    for (const word of ['5', 'owner', 'MultiFactorRemoved', 'Passkeys', 'ticket 4711']) expect(text).to.include(word);
  });

  it('shows a moment by the slider: the policy then and the differences, also for an organization', async () => {
    const visitor = await stage.owner();
    await stage.api('DELETE', `${ADMIN}/multi_factors/${PASSKEYS}`);
    await visitor.lookBack();
    await slideTo(visitor, 4);
    const then = visitor.page.getByRole('region', { name: 'Default policy, then' });
    await then.getByText('at version 4').waitFor();
    expect(await then.getByRole('listitem').filter({ hasText: 'removed' }).innerText()).to.include('Passkeys');
    await visitor.page.getByText('(UTC)', { exact: true }).first().waitFor();
    await visitor.chooseOrganization('glob', 'Globex');
    const globex = visitor.page.getByRole('region', { name: 'Effective for Globex, then' });
    await globex.getByText('The default policy at version 4').waitFor();
    await visitor.button('Close the moment').click();
    await then.waitFor({ state: 'detached' });
    await visitor.page.getByRole('link', { name: 'What was allowed at a moment' }).click();
    await globex.waitFor();
  });

  it('follows the slider where the browser refuses to change the address so often', async () => {
    const visitor = await stage.visitor();
    await visitor.page.addInitScript(`(() => {
      const [replace, times] = [history.replaceState, []];
      history.replaceState = function (...given) {
        times.push(performance.now());
        if (times.length > 100 && times.at(-1) - times.at(-101) < 10_000) throw new DOMException('', 'SecurityError');
        return replace.apply(this, given);
      };
    })()`);
    await visitor.page.reload();
    await visitor.signIn('owner');
    await visitor.lookBack();
    const slider = visitor.page.getByLabel('Moment, by version');
    await slider.waitFor();
    await visitor.page.evaluate(`(() => {
      const slider = document.querySelector('.moment input[type="range"]');
      for (let step = 0; step < 202; step++) {
        slider.value = String(1 + (step % 4));
        slider.dispatchEvent(new Event('input', { bubbles: true }));
      }
    })()`);
    await visitor.page.getByText('2 of 4', { exact: true }).waitFor();
    await visitor.until('location.hash.includes("at=2")');
    expect(visitor.complaints).to.deep.equal([]);
  });

  it('marks what was read for another moment, and names the moment of what it shows', async () => {
    const visitor = await stage.owner();
    const { page } = visitor;
    await page.goto(`${stage.quickstart.url}/#/audit?isDefault=true&at=2020-10-25T01:30:00.000Z`);
    await page.getByText('At 25 Oct 2020, 01:30:00 UTC: there was no policy at that moment.').first().waitFor();
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    await page.route('**asOf=4', async (route) => held.then(() => route.continue()), { times: 1 });
    await slideTo(visitor, 4);
    await page.locator('[aria-busy=true]').getByText('At 25 Oct 2020').first().waitFor();
    goOn();
    await page.getByRole('region', { name: 'Default policy, then' }).getByText('at version 4').waitFor();
    await eventually('an end', async () => ((await page.locator('[aria-busy=true]').count()) === 0 ? true : undefined));
    visitor.complaints.splice(0);
  });

  it('links from the history of a custom policy to the effective policy of that moment', async () => {
    const visitor = await stage.owner();
    await visitor.goTo('Organizations');
    await visitor.button('Add a custom policy for Globex').click();
    await visitor.confirm();
    await visitor.page.getByRole('link', { name: 'Globex', exact: true }).click();
    await visitor.page.getByText('Globex has a custom policy').waitFor();
    await visitor.passkeys.click();
    await visitor.confirm();
    await visitor.page.getByRole('link', { name: /Look at this moment of Globex, version 4$/ }).click();
    await visitor.heading('Audit').waitFor();
    const globex = visitor.page.getByRole('region', { name: 'Effective for Globex, then' });
    await globex.getByText('Its custom policy at version').waitFor();
    expect(await globex.getByRole('listitem').filter({ hasText: 'removed' }).innerText()).to.include('Passkeys');
    await globex.getByRole('button', { name: 'Revert to this moment' }).waitFor();
  });

  it('reverts to a moment by new events, and keeps the history', async () => {
    const visitor = await stage.owner();
    await stage.api('DELETE', `${ADMIN}/multi_factors/${PASSKEYS}`);
    await visitor.lookBack();
    await slideTo(visitor, 4);
    await visitor.page.getByText('at version 4').first().waitFor();
    await visitor.button('Revert to this moment').click();
    await visitor.dialog.getByText('2 organizations').waitFor();
    await visitor.confirm('too early');
    const revert = visitor.page.getByRole('button', { name: 'Revert to this moment', disabled: true });
    await revert.waitFor();
    expect(await visitor.page.evaluate('document.activeElement.textContent')).to.equal('Revert to this moment');
    const changes = visitor.page.getByRole('list', { name: 'Changes' });
    await changes.getByText('too early').waitFor();
    expect(await changes.innerText())
      .to.include('Removed Passkeys')
      .and.include('Added Passkeys');
    const policy = await stage.policy();
    expect([policy.multiFactors, policy.details.sequence]).to.deep.equal([[PASSKEYS], '6']);
  });

  it('lets the server say what is past, and refuses a year of six digits', async () => {
    const visitor = await stage.owner();
    await visitor.lookBack();
    const field = visitor.page.getByLabel('Moment, by date and time');
    await visitor.page.getByRole('region', { name: 'Default policy, then' }).getByText('at version 4').waitFor();
    await field.fill('2999-01-01T12:00:00');
    await field.blur();
    await visitor.page.getByText('The address names no past moment. Shown is what holds now.').waitFor();
    visitor.complaints.splice(0);
    expect(await visitor.page.getByText('There was no policy at that moment').count()).to.equal(0);
    expect(await field.getAttribute('max'), 'four digits for the year').to.match(/^\d{4}-/);
  });

  it('shows a moment that is past by the server’s clock, and not yet by the browser’s', async () => {
    const { changeDate } = (await stage.policy()).details;
    await stage.api('DELETE', '/admin/v1/policies/login/second_factors/SECOND_FACTOR_TYPE_U2F');
    const visitor = await stage.visitor();
    await visitor.page.clock.install({ time: Date.now() - 3 * 3_600_000 });
    await visitor.page.reload();
    await visitor.signIn('owner');
    await visitor.page.goto(`${stage.quickstart.url}/#/audit?isDefault=true&at=${changeDate}`);
    await visitor.page.getByRole('region', { name: 'Default policy, then' }).getByText('at version 4').waitFor();
  });

  it('accepts a typed date once it is complete', async () => {
    const visitor = await stage.owner();
    await visitor.lookBack();
    await visitor.page.getByRole('region', { name: 'Default policy, then' }).getByText('at version 4').waitFor();
    const field = visitor.page.getByLabel('Moment, by date and time');
    await field.focus();
    for (const key of '0 1 0 1 2 0 2 5 1 2 0 0 0 0 p'.split(' '))
      await visitor.page.keyboard.press(key, { delay: 120 });
    expect(await field.inputValue()).to.match(/^2025-01-01T12:00/);
    expect(await visitor.page.evaluate('document.activeElement.type'), 'still in the field').to.equal('datetime-local');
    await visitor.page.keyboard.press('Enter');
    await visitor.page.getByText('There was no policy at that moment').first().waitFor();
    // A 404 for a policy is a regular answer, not a complaint.
    expect(visitor.complaints).to.deep.equal([]);
  });

  it('undoes a reset of an organization by new events', async () => {
    const visitor = await stage.owner();
    const [, globex] = stage.quickstart.organizationIds;
    await stage.apiOf(globex, 'POST /_customize');
    await stage.apiOf(globex, `DELETE /multi_factors/${PASSKEYS}`);
    await visitor.goTo('Organizations');
    await visitor.button('Reset to the default for Globex').click();
    await visitor.dialog.getByText('The users of Globex, and nobody else.').waitFor();
    await visitor.confirm('by accident');
    await visitor.page.getByRole('link', { name: 'Globex', exact: true }).click();
    await visitor.page.getByRole('link', { name: /Look at this moment.*version 5$/ }).click();
    const then = visitor.page.getByRole('region', { name: 'Effective for Globex, then' });
    await then.getByText('Its custom policy at version 5').waitFor();
    await then.getByRole('button', { name: 'Revert to this moment' }).click();
    await visitor.dialog.getByText('The users of Globex, and nobody else.').waitFor();
    await visitor.confirm('undone');
    const { isDefault, policy } = json<PolicyRead>(await stage.apiOf(globex, 'GET'));
    expect([isDefault ?? false, policy.multiFactors, policy.secondFactors?.length]).to.deep.equal([
      false,
      undefined,
      2,
    ]);
  });

  it('shows the history of one policy where the server keeps no log of all of them', async () => {
    const visitor = await stage.owner();
    const { page } = visitor;
    const none = {
      message: 'There is nothing here.',
      details: [{ id: 'LP-HTTP-01', message: 'There is nothing here.' }],
    };
    await page.route('**/audit?*', (route) => route.fulfill({ status: 404, json: none }));
    await stage.api('DELETE', `${ADMIN}/multi_factors/${PASSKEYS}`);
    await visitor.goTo('Audit');
    const timeline = page.getByRole('region', { name: 'Timeline' });
    await timeline.getByText('Here is the history of the default policy').waitFor();
    await timeline.getByText('5 events', { exact: true }).waitFor();
    await timeline.getByRole('button', { name: /Look at this moment.*version 4$/ }).click();
    await page.getByRole('region', { name: 'Default policy, then' }).getByText('at version 4').waitFor();
    const [acme] = stage.quickstart.organizationIds;
    await stage.apiOf(acme, 'POST /_customize');
    await page.goto(`${stage.quickstart.url}/#/organizations/${acme}`);
    await page.getByText('3 events', { exact: true }).waitFor();
    visitor.complaints.splice(0);
  });

  it('stays fast with 10,000 events: shows the newest, and more on request', async () => {
    // The sign-in comes first: no sign-in is judged while the rows are that far behind.
    const visitor = await stage.owner();
    await writeHistory(stage, 10_000);
    await visitor.lookBack();
    await visitor.page.getByText(/^versions \d+ to 10004$/).waitFor();
    await slideTo(visitor, 4);
    await visitor.page.getByRole('region', { name: 'Default policy, then' }).getByText('at version 4').waitFor();
    await visitor.button('Older').click();
    await visitor.page.getByText(/^versions \d+ to 9954$/).waitFor();
  });
});

/** As a finger does it: the slider jumps there at once. */
async function slideTo(visitor: Visitor, sequence: number): Promise<void> {
  await visitor.page.getByLabel('Moment, by version').fill(String(sequence));
}
