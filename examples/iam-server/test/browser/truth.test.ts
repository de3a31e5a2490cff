import { expect } from 'chai';
import { beforeEach, it } from 'mocha';
import { describeInBrowser, excuse, type Stage } from './suite.js';

const ADMIN = '/admin/v1/policies/login';
const PASSKEYS = 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';
const STUCK = 'A second factor is required, and users who have none could not set one up';

describeInBrowser('the page: it says what is so', (stage) => {
  beforeEach(() => stage.serve());

  it('a policy that locks users out is marked on its page and in the list of organizations', async () => {
    const visitor = await stage.owner();
    const acme = await lockOut(stage);
    await visitor.goTo('Organizations');
    await visitor.page.getByText('1 organization with a policy that locks users out or can’t be read.').waitFor();
    await visitor.page.getByRole('row', { name: /Acme.*Users without a factor/ }).waitFor();
    await visitor.page.getByRole('link', { name: 'Acme', exact: true }).click();
    const banner = visitor.page.getByRole('region', { name: 'This policy locks users out' });
    await banner.getByText(STUCK).waitFor();
    await stage.apiOf(acme, 'POST /second_factors', { type: 'SECOND_FACTOR_TYPE_OTP' });
    await banner.waitFor({ state: 'detached' });
  });

  it('an existing warning is not attributed to the change', async () => {
    const visitor = await stage.owner();
    await lockOut(stage);
    await visitor.goTo('Organizations');
    await visitor.page.getByRole('link', { name: 'Acme', exact: true }).click();
    // It moves what is below it, and a click that is on its way.
    await visitor.page.getByRole('region', { name: 'This policy locks users out' }).waitFor();
    await visitor.switch('Self-registration').click();
    await visitor.button('Review and save').click();
    await visitor.dialog.getByRole('list', { name: 'So before this change, too' }).getByText(STUCK).waitFor();
    expect(await visitor.dialog.getByRole('list', { name: 'Warnings' }).count()).to.equal(0);
    await visitor.button('Cancel').click();
  });

  it('shows nothing as allowed that nobody can use', async () => {
    const visitor = await stage.owner();
    await stage.api('DELETE', `${ADMIN}/multi_factors/${PASSKEYS}`);
    await visitor.page.getByText('No passkey is allowed, so nobody can sign in this way.').waitFor();
    expect(await visitor.page.getByText('A passkey may stand in place of a password').count()).to.equal(0);
    await visitor.page.getByText('No identity provider is linked, so nobody can sign in this way.').waitFor();
  });

  it('what could not be read again is shown with the time of the last read', async () => {
    const visitor = await stage.owner();
    await visitor.passkeys.click();
    await visitor.dialog.getByText('2 organizations').waitFor();
    await visitor.page.route(`**${ADMIN}`, (route) => route.abort('connectionreset'));
    await visitor.confirm();
    await visitor.page.getByText(/What stands here was read at .*, and may not be so any more/).waitFor();
    const header = visitor.page.getByRole('banner');
    await header.getByRole('status').getByText('Not up to date').waitFor();
    expect(await header.getByText('checked just now').count()).to.equal(0);
    await visitor.page.unroute(`**${ADMIN}`);
    await visitor.passkeys.and(visitor.page.locator('[aria-checked="false"]')).waitFor();
    await visitor.page.getByText('What stands here was read at').waitFor({ state: 'detached' });
    await header.getByRole('status').getByText('Live').waitFor();
    excuse(visitor);
  });

  it('so is a policy’s story, and whether an organization has a custom policy', async () => {
    const visitor = await stage.owner();
    const { page } = visitor;
    const stale = page.getByText(/What stands here was read at .*, and may not be so any more/);
    await visitor.lookBack();
    const changes = page.getByRole('list', { name: 'Changes' });
    await changes.getByText('versions 1 to 4').waitFor();
    await page.route('**/audit?*', (route) => route.abort('connectionreset'));
    await stage.api('DELETE', `${ADMIN}/multi_factors/${PASSKEYS}`);
    await stale.waitFor();
    await page.unroute('**/audit?*');
    await changes.getByText('MultiFactorRemoved').waitFor();
    await stale.waitFor({ state: 'detached' });
    await visitor.goTo('Organizations');
    await visitor.button('Add a custom policy for Acme').waitFor();
    await page.route('**/iam/v1/organization-policies?*', (route) => route.abort('connectionreset'));
    const [acme] = stage.quickstart.organizationIds;
    await stage.apiOf(acme, 'POST /_customize');
    await stale.waitFor();
    await page.unroute('**/iam/v1/organization-policies?*');
    await visitor.button('Reset to the default for Acme').waitFor();
    excuse(visitor);
  });

  it('the sequence of the default is not shown as that of a reset custom policy', async () => {
    const visitor = await stage.owner();
    const [acme] = stage.quickstart.organizationIds;
    await stage.apiOf(acme, 'POST /_customize');
    await visitor.goTo('Organizations');
    await visitor.page.getByRole('link', { name: 'Acme', exact: true }).click();
    await visitor.page.getByText('Acme has a custom policy').waitFor();
    await visitor.passkeys.click();
    await visitor.dialog.getByText('The users of Acme, and nobody else.').waitFor();
    await stage.apiOf(acme, 'DELETE');
    await visitor.dialog
      .getByText('The custom policy was reset since you looked: the default policy holds now.')
      .waitFor();
    expect(await visitor.dialog.getByText('moved on to version').count()).to.equal(0);
    await visitor.button('Cancel').click();
  });

  it('a name cannot change the direction of the text beside it', async () => {
    const others = Array.from({ length: 270 }, (_, index) => ({ id: `org-${index}`, name: `Org ${index}` }));
    await stage.direct([{ id: 'evil', name: 'A name \u202E' }, ...others]);
    const visitor = await stage.owner();
    await visitor.page.getByText('266 more').waitFor();
    const digits = await visitor.page.evaluate<readonly number[]>(`(() => {
      const texts = document.createTreeWalker(document.querySelector('p.lead'), NodeFilter.SHOW_TEXT);
      for (let text; (text = texts.nextNode()); ) {
        const end = text.data.indexOf(' more');
        if (end < 3) continue;
        return [3, 2, 1].map((before) => {
          const digit = document.createRange();
          digit.setStart(text, end - before);
          digit.setEnd(text, end - before + 1);
          return digit.getBoundingClientRect().x;
        });
      }
    })()`);
    expect(digits).to.deep.equal(digits.toSorted((one, other) => one - other));
  });

  it('a number may have groups of thousands', async () => {
    const visitor = await stage.owner();
    const field = visitor.page.getByRole('textbox', { name: 'Password check', exact: true });
    await field.fill('1,000');
    await visitor.button('Review and save').click();
    await visitor.dialog.getByText('1000 days').waitFor();
    await visitor.button('Cancel').click();
    await field.fill('1.000');
    await visitor.page.getByText('1.000 can be read as 1 or as 1000. Write it without the point.').waitFor();
  });
});

/**
 * A factor is required by Acme's policy, and there is none. By the default policy it would end the visitor's own
 * session.
 */
async function lockOut(stage: Stage): Promise<string> {
  const [acme] = stage.quickstart.organizationIds;
  await stage.apiOf(acme, 'POST /_customize');
  await stage.apiOf(acme, 'PUT', { allowUsernamePassword: true, forceMfa: true });
  for (const factor of ['SECOND_FACTOR_TYPE_OTP', 'SECOND_FACTOR_TYPE_U2F'])
    await stage.apiOf(acme, `DELETE /second_factors/${factor}`);
  await stage.apiOf(acme, `DELETE /multi_factors/${PASSKEYS}`);
  return acme;
}
