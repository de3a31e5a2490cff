import { expect } from 'chai';
import { beforeEach, it } from 'mocha';
import { describeInBrowser, type Stage } from './suite.js';
import type { Visitor } from './visitor.js';

const PASSKEYS = 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';
const FACTORS = '/admin/v1/policies/login/multi_factors';

describeInBrowser('the page: what happens elsewhere', (stage) => {
  beforeEach(() => stage.serve());

  it('misses no change between its read and its subscription', async () => {
    const visitor = await stage.visitor();
    let follow: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (follow = resolve));
    await visitor.page.route('**/iam/v1/changes', async (route) => {
      await held;
      await route.continue();
    });
    await visitor.signIn('owner');
    await visitor.passkeys.waitFor();
    await stage.api('DELETE', `${FACTORS}/${PASSKEYS}`);
    follow();
    await visitor.passkeys.and(visitor.page.locator('[aria-checked="false"]')).waitFor();
  });

  it('shows changes of others without a reload, with their actor', async () => {
    const visitor = await stage.owner();
    await visitor.page.getByText('Live', { exact: true }).waitFor();
    await stage.api('DELETE', `${FACTORS}/${PASSKEYS}`);
    await visitor.page.getByRole('switch', { name: 'Passkeys (U2F with verification)', checked: false }).waitFor();
    await visitor.page
      .getByRole('status', { name: 'Notes' })
      .getByText(/removed.*version 5/)
      .waitFor();
  });

  it('follows a frequently changing policy with one request at a time, and shows the last state', async () => {
    const visitor = await stage.owner();
    await visitor.page.getByText('Live', { exact: true }).waitFor();
    let [open, most, asked] = [0, 0, 0];
    await visitor.page.route('**/admin/v1/policies/login', async (route) => {
      asked++;
      most = Math.max(most, ++open);
      const answer = await route.fetch();
      await new Promise((resolve) => setTimeout(resolve, 200));
      open--;
      await route.fulfill({ response: answer });
    });
    for (let change = 0; change < 20; change++) {
      await stage.api('DELETE', `${FACTORS}/${PASSKEYS}`);
      await stage.api('POST', FACTORS, { type: PASSKEYS });
    }
    await stage.api('DELETE', `${FACTORS}/${PASSKEYS}`);
    await seen(visitor, false);
    await visitor.details.getByText(/^45/).waitFor();
    expect(most).to.equal(1);
    expect(asked).to.be.below(20);
  });

  it('works in ten tabs of one browser, although it has six connections', async () => {
    const first = await stage.owner();
    const tabs = [first];
    for (let tab = 1; tab < 10; tab++) tabs.push(await first.anotherTab());
    for (const tab of tabs) await tab.page.getByText('Live', { exact: true }).waitFor();
    await stage.api('DELETE', `${FACTORS}/${PASSKEYS}`);
    for (const tab of tabs) await seen(tab, false);
  });

  it('continues in other tabs when the subscribed one is closed, and misses nothing', async () => {
    const first = await stage.owner();
    const [second, third] = [await first.anotherTab(), await first.anotherTab()];
    for (const tab of [first, second, third]) await tab.page.getByText('Live', { exact: true }).waitFor();
    await Promise.all([first.page.close(), remove(stage)]);
    for (const tab of [second, third]) await seen(tab, false);
    await second.page.close();
    await stage.api('POST', FACTORS, { type: PASSKEYS });
    await seen(third, true);
  });
});

function remove(stage: Stage): Promise<unknown> {
  return stage.api('DELETE', `${FACTORS}/${PASSKEYS}`);
}

function seen({ page }: Visitor, isOn: boolean): Promise<void> {
  return page.getByRole('switch', { name: 'Passkeys (U2F with verification)', checked: isOn }).waitFor();
}
