import { expect } from 'chai';
import { before, it } from 'mocha';
import { describeInBrowser } from './suite.js';
import type { Visitor } from './visitor.js';

const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
const NODES = "document.querySelectorAll('*').length";
const ODD = ['Zürich Versicherung', 'evil \u202E name', '🦊 Fox', 'شركة', 'W'.repeat(170)];

describeInBrowser('the page: ten thousand organizations', (stage) => {
  before(async () => {
    await stage.serve();
    const many = Array.from({ length: 10_000 - ODD.length }, (_, index) => ({
      id: `org-${index}`,
      name: `Tenant ${index}`,
    }));
    await stage.direct([...many, ...ODD.map((name, index) => ({ id: `odd-${index}`, name }))]);
    for (const id of ['org-3', 'org-40', 'odd-0']) await stage.apiOf(id, 'POST /_customize');
    await stage.apiOf('org-40', 'DELETE /second_factors/SECOND_FACTOR_TYPE_U2F');
  });

  it('are shown in pages of 50 rows: one request per view, and at most 1,500 nodes', async () => {
    const visitor = await stage.owner();
    await visitor.page
      .getByText('10,000 organizations')
      .or(visitor.page.getByText('9,997 organizations'))
      .first()
      .waitFor();
    const asked = requestsOf(visitor);
    await visitor.goTo('Organizations');
    await visitor.page.getByText('1–50 of 10,000').waitFor();
    expect(asked.splice(0).length, 'requests of the view').to.equal(1);
    expect(await visitor.page.evaluate<number>(NODES)).to.be.below(1500);
    const first = visitor.page.getByRole('rowheader').first();
    const [, id = ''] = (await first.innerText()).split('\n');
    await visitor.button('Next').click();
    // The pager names the rows before they arrive.
    await visitor.page.getByText('51–100 of 10,000').waitFor();
    await first.filter({ hasNotText: id }).waitFor();
    expect(asked.splice(0).length, 'requests of the next page').to.equal(1);
    await visitor.button('Previous').click();
    await first.filter({ hasText: id }).waitFor();
    asked.splice(0);
    await visitor.page.getByLabel('Name or id').press('9');
    await visitor.page.getByRole('link', { name: 'Tenant 90', exact: true }).waitFor();
    expect(asked.splice(0).length, 'requests of a key').to.equal(1);
  });

  it('are searched regardless of accents and case, sorted and filtered by the server', async () => {
    const visitor = await stage.owner();
    await visitor.goTo('Organizations');
    const rows = visitor.page.getByRole('rowheader').getByRole('link');
    await visitor.page.getByLabel('Name or id').fill('ZURICH');
    await visitor.page.getByText('1 organization', { exact: true }).waitFor();
    expect(await rows.allInnerTexts()).to.deep.equal(['Zürich Versicherung']);
    await visitor.page.getByLabel('Name or id').fill('');
    await visitor.page.getByRole('combobox', { name: 'Policy' }).selectOption('Custom policy (3)');
    await visitor.page.getByText('3 organizations', { exact: true }).waitFor();
    await visitor.button('Differs from default').click();
    await visitor.page.locator('[aria-busy=false] [aria-sort=descending]').getByText('Differs').waitFor();
    await visitor.page.getByRole('row', { name: /Tenant 40 .*1 point.*by owner-machine/ }).waitFor();
    await visitor.page.locator('tbody tr:first-child').getByText('Tenant 40', { exact: true }).waitFor();
    await visitor.page.getByRole('combobox', { name: 'Still allows' }).selectOption('Security key (U2F)');
    await visitor.page.getByText('2 organizations', { exact: true }).waitFor();
    await visitor.page.getByLabel(/Locks out, or/).check();
    await visitor.page.getByText('No organization is like that.').waitFor();
  });

  it('are restored after Back: filter, scroll position and focus', async () => {
    const visitor = await stage.owner();
    const { page } = visitor;
    await visitor.goTo('Organizations');
    await page.getByLabel('Name or id').fill('tenant 12');
    await page.getByText('1–50 of 111').waitFor();
    const link = page.getByRole('link', { name: 'Tenant 1220', exact: true });
    await link.scrollIntoViewIfNeeded();
    const place = await page.evaluate<number>('scrollY');
    expect(place).to.be.above(100);
    await link.click();
    await visitor.heading('Tenant 1220').waitFor();
    await page.goBack();
    await visitor.heading('Organizations').waitFor();
    expect(await page.getByLabel('Name or id').inputValue()).to.equal('tenant 12');
    await visitor.until('document.activeElement.textContent === "Tenant 1220"');
    expect(await page.evaluate<number>('scrollY')).to.be.closeTo(place, 60);
  });

  it('fit into a window 320 pixels wide, whatever their names', async () => {
    const visitor = await stage.owner({ width: 320 });
    await visitor.goTo('Organizations');
    for (const name of ODD) {
      await visitor.page.getByLabel('Name or id').fill(name.slice(0, 20));
      await visitor.page.getByText('1 organization', { exact: true }).waitFor();
      expect(await visitor.page.evaluate<number>(OVERFLOW), name).to.equal(0);
    }
  });

  it('can be found among those that a change affects', async () => {
    const visitor = await stage.owner();
    await visitor.passkeys.click();
    await visitor.dialog.getByText('9,997 organizations on the default policy').waitFor();
    await visitor.dialog.getByText('Find one of them').click();
    await visitor.dialog.getByLabel('Name or id of an affected organization').fill('tenant 9876');
    await visitor.dialog.getByRole('listitem').getByText('Tenant 9876', { exact: true }).waitFor();
    await visitor.dialog.getByRole('link', { name: '3 organizations still allow it' }).waitFor();
    await visitor.dialog.getByText('Nobody signs in otherwise than now.').waitFor();
    expect(await visitor.page.evaluate<number>(NODES)).to.be.below(1500);
  });
});

/**
 * What a visitor's page asks from now on, but for its own files, and for what the view before it may still begin with.
 */
function requestsOf({ page }: Visitor): string[] {
  const asked: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (!/^\/assets\/|_preview$|\/changes$/.test(pathname)) asked.push(pathname);
  });
  return asked;
}
