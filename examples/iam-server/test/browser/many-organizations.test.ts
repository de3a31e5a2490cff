import { expect } from 'chai';
import { before, it } from 'mocha';
import { describeInBrowser } from './suite.js';

const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
const LONG = { id: 'L'.repeat(200), name: 'W'.repeat(200) };
const MARKUP = { id: 'markup', name: '<b>bold</b><script>alert(1)</script>' };

describeInBrowser('the page: many organizations, some with names nobody expects', (stage) => {
  before(async () => {
    await stage.serve();
    const numbered = Array.from({ length: 500 }, (_, index) => ({ id: `org-${index}`, name: `Tenant ${index}` }));
    await stage.direct([...numbered, LONG, MARKUP]);
  });

  it('names the first few affected organizations, and the number of the others', async () => {
    const visitor = await stage.owner();
    await visitor.passkeys.click();
    const affected = visitor.dialog.getByText('502 organizations on the default policy');
    await affected.waitFor();
    expect(await visitor.dialog.innerText()).to.match(/: .*Tenant 0, Tenant 1, Tenant 2, Tenant 3 and 497 more\./);
  });

  it('filters organizations by name, id and custom policy', async () => {
    const visitor = await stage.owner();
    await visitor.goTo('Organizations');
    const shown = visitor.page.getByRole('rowheader').getByRole('link');
    await visitor.page.getByLabel('Name or id').fill('tenant 49');
    await visitor.page.getByText('11 organizations', { exact: true }).waitFor();
    expect((await shown.allInnerTexts()).slice(0, 3)).to.deep.equal(['Tenant 49', 'Tenant 490', 'Tenant 491']);
    await visitor.button('Add a custom policy for Tenant 491').click();
    await visitor.confirm();
    await visitor.page.getByLabel('Name or id').fill('');
    await visitor.page.getByRole('combobox', { name: 'Policy' }).selectOption('Custom policy (1)');
    await visitor.page.getByText('1 organization', { exact: true }).waitFor();
    expect(await shown.allInnerTexts()).to.deep.equal(['Tenant 491']);
  });

  for (const width of [1280, 390]) {
    it(`shows a name of 200 letters in a window ${width} wide, and markup as what it is`, async () => {
      const visitor = await stage.owner({ width });
      await visitor.goTo('Organizations');
      await visitor.page.getByRole('link', { name: MARKUP.name }).waitFor();
      expect(await visitor.page.evaluate<number>(OVERFLOW), 'organizations').to.equal(0);
      await visitor.page.getByLabel('Name or id').fill('www');
      await visitor.page.getByRole('link', { name: LONG.name }).click();
      await visitor.passkeys.waitFor();
      expect(await visitor.page.evaluate<number>(OVERFLOW), 'organization').to.equal(0);
      await visitor.lookBack();
      await visitor.chooseOrganization('www', LONG.name);
      await visitor.page.getByRole('region', { name: `Effective for ${LONG.name}, then` }).waitFor();
      expect(await visitor.page.evaluate<number>(OVERFLOW), 'history').to.equal(0);
    });
  }

  it('tells two organizations of one name apart by their ids', async () => {
    await stage.direct(['one', 'two'].map((id) => ({ id, name: 'Twin' })));
    const visitor = await stage.owner();
    await visitor.page.goto(`${stage.quickstart.url}/#/organizations/two`);
    await visitor.heading('Twin').waitFor();
    await visitor.page.getByText('two', { exact: true }).waitFor();
  });
});
