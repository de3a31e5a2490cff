import { expect } from 'chai';
import { before, it } from 'mocha';
import { checkIn, VISITS } from './axe.js';
import { describeInBrowser, type Stage } from './suite.js';
import type { Visitor } from './visitor.js';

const VIEWS = [
  'Overview',
  'Default policy',
  'Users',
  'Organizations',
  'Audit',
  'Change many policies',
  'Proposals',
  'Check a sign-in',
] as const;

/** What has a transition or an animation. What only appears after a moment does not move. */
const MOVING = `[...document.querySelectorAll('*')].filter((one) => ['', '::before', '::after'].some((part) => {
  const { transitionDuration, animationName, animationTimingFunction } = getComputedStyle(one, part || undefined);
  return parseFloat(transitionDuration) > 0 || (animationName !== 'none' && !animationTimingFunction.startsWith('step'));
})).map(({ localName, className }) => localName + '.' + className)`;

describeInBrowser('the page: accessibility', (stage) => {
  before(async () => {
    await stage.serve();
    await stage.api('DELETE', '/admin/v1/policies/login/second_factors/SECOND_FACTOR_TYPE_OTP');
    const idpId = 'x'.repeat(200);
    await stage.command(['provider', 'add', 'Long', '--type', 'OIDC', '--id', idpId]);
    await stage.api('POST', '/admin/v1/policies/login/idps', { idpId });
  });

  for (const [look, visit] of Object.entries(VISITS)) {
    it(`axe finds nothing in any view, and nothing has to be scrolled sideways, ${look}`, async () => {
      const visitor = await stage.visitor(visit);
      const checkAll = (view: string) => checkIn(visit, visitor, view);
      await checkAll('sign-in');
      await visitor.signIn('owner');
      await visitor.goTo('Overview');
      await visitor.page.getByText('All changes').waitFor();
      await checkAll('overview');
      await visitor.goTo('Users');
      await visitor.page.getByRole('rowheader').first().waitFor();
      await checkAll('users');
      await visitor.goTo('Default policy');
      await checkAll('default policy');
      await visitor.passkeys.click();
      await visitor.dialog.getByText('organizations').first().waitFor();
      await visitor.dialog.getByRole('region', { name: 'Yesterday’s sign-ins' }).waitFor();
      await checkAll('preview');
      await visitor.page.keyboard.press('Escape');
      await visitor.goTo('Organizations');
      await checkAll('organizations');
      await visitor.page.getByRole('link', { name: 'Globex', exact: true }).click();
      await visitor.heading('Globex').waitFor();
      await checkAll('organization');
      await seeMore(stage, visitor, checkAll);
    });
  }

  it('covers nothing with the changes that are not saved at 400 %', async () => {
    const visitor = await stage.owner({ width: 320, height: 256 });
    await visitor.switch('Self-registration').click();
    await visitor.page.getByText('1 setting changed.').waitFor();
    const top = "document.querySelector('.save-bar').getBoundingClientRect().top";
    expect(await visitor.page.evaluate<number>(top), 'below what is looked at').to.be.above(256);
    await visitor.button('Discard').click();
  });

  it('has the name of the view in sight on a phone, however it was opened', async () => {
    const visitor = await stage.owner({ width: 320, height: 640 });
    for (const hash of ['#/check', '#/', '#/audit']) {
      await visitor.page.goto(`${stage.quickstart.url}/${hash}`);
      await visitor.until(
        `(() => { const { left, right } = document.querySelector('nav [aria-current]').getBoundingClientRect(); return location.hash === '${hash}' && left >= 0 && right <= innerWidth; })()`,
      );
    }
  });

  it('moves nothing for those who ask for less motion', async () => {
    const visitor = await stage.owner();
    for (const view of VIEWS) {
      await visitor.goTo(view);
      expect(await visitor.page.evaluate<readonly string[]>(MOVING), view).to.deep.equal([]);
    }
    await visitor.goTo('Default policy');
    await visitor.passkeys.click();
    await visitor.dialog.waitFor();
    expect(await visitor.page.evaluate<readonly string[]>(MOVING), 'a dialog').to.deep.equal([]);
    await visitor.page.emulateMedia({ reducedMotion: 'no-preference' });
    expect(await visitor.page.evaluate<readonly string[]>(MOVING), 'for all others').to.not.have.length(0);
  });

  it('shows states and selections also in forced colours', async () => {
    const visitor = await stage.owner({ forcedColors: 'active' });
    await visitor.page.locator('.switch[aria-checked=true]').first().waitFor();
    const [knob, track] = await visitor.page.evaluate<readonly string[]>(
      "[getComputedStyle(document.querySelector('.switch[aria-checked=true] .switch-track'), '::after').backgroundColor, getComputedStyle(document.querySelector('.switch[aria-checked=true] .switch-track')).backgroundColor]",
    );
    expect(knob).not.to.equal(track);
    const borders = await visitor.page.evaluate<readonly string[]>(
      "[...document.querySelectorAll('nav a')].map((link) => getComputedStyle(link).borderBottomColor)",
    );
    expect(borders[1], 'the view that is shown').not.to.equal(borders[0]);
    expect(borders[0]).to.equal(borders[2]);
  });

  it('prints the policy without buttons', async () => {
    const visitor = await stage.owner();
    await visitor.passkeys.waitFor();
    await visitor.page.getByText('Live', { exact: true }).waitFor();
    await visitor.button('Dark').click();
    await visitor.page.emulateMedia({ media: 'print' });
    const ink = await visitor.page.evaluate<string>('getComputedStyle(document.documentElement).color');
    expect(ink, 'dark ink, whatever was chosen').to.equal('rgb(26, 30, 38)');
    expect(await visitor.page.getByRole('navigation', { name: 'Views' }).isVisible()).to.equal(false);
    expect(await visitor.button('Sign out').isVisible()).to.equal(false);
    expect(await visitor.page.getByText('Passkeys (U2F with verification)').isVisible()).to.equal(true);
    expect(await visitor.page.getByText('Live', { exact: true }).isVisible(), 'paper is not live').to.equal(false);
    expect(await visitor.page.getByText(/^As of \d+ \w+ \d{4}, /).isVisible()).to.equal(true);
  });
});

/** The past, a change of many policies, proposals, the audit log, and a sign-in. */
async function seeMore(stage: Stage, visitor: Visitor, checkAll: (view: string) => Promise<void>): Promise<void> {
  await visitor.lookBack();
  await visitor.page.getByRole('region', { name: 'Default policy, then' }).waitFor();
  await checkAll('a moment');
  await visitor.lookBack({ organizationId: stage.quickstart.organizationIds[0] });
  await visitor.page.getByRole('region', { name: 'Effective for Acme, then' }).waitFor();
  await checkAll('a moment of an organization');
  await visitor.goTo('Change many policies');
  await visitor.page.getByRole('combobox', { name: 'Factor' }).selectOption('Security key (U2F)');
  await visitor.button('Review what it would do').click();
  await visitor.button('Change everywhere').waitFor();
  await checkAll('everywhere');
  await visitor.goTo('Proposals');
  await checkAll('proposals');
  await visitor.goTo('Audit');
  await visitor.page.getByRole('list', { name: 'Changes' }).getByRole('listitem').first().waitFor();
  await checkAll('audit');
  await visitor.goTo('Check a sign-in');
  await visitor.chooseOrganization('acme', 'Acme');
  await visitor.page.getByRole('heading', { level: 2 }).waitFor();
  await checkAll('check a sign-in');
}
