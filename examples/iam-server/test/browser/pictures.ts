import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { findChromium } from './chromium.js';
import { Stage } from './suite.js';
import type { Visitor, Window } from './visitor.js';

const FOLDER = fileURLToPath(new URL('../../../../docs/tutorial/pictures', import.meta.url));
const ADMIN = '/admin/v1/policies/login';
const LOOKS: Readonly<Record<string, Window>> = {
  light: { width: 1280, height: 860, colorScheme: 'light', developers: 'no' },
  dark: { width: 1280, height: 860, colorScheme: 'dark', developers: 'no' },
  phone: { width: 375, height: 812, colorScheme: 'light', developers: 'no' },
};

/** Takes every picture of the page that the docs show: `npm run pictures`. */
async function takeAll(executablePath: string): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const stage = new Stage();
  await stage.open(executablePath);
  try {
    for (const [look, window] of Object.entries(LOOKS)) {
      await stage.serve();
      await takeOne(stage, { look, window });
      await stage.sendHome();
    }
  } finally {
    await stage.close();
  }
}

async function takeOne(stage: Stage, { look, window }: { look: string; window: Window }): Promise<void> {
  const visitor = await stage.visitor(window);
  const picture: Picture = async (name, of = visitor.page) => {
    await visitor.page.evaluate('document.fonts.ready');
    if ((await visitor.dialog.count()) === 0) await dismissAll(visitor);
    await of.screenshot({ path: join(FOLDER, `${name}-${look}.png`) });
  };
  await picture('sign-in');
  await visitor.signIn('owner');
  await visitor.page.getByText('Live', { exact: true }).waitFor();
  await visitor.goTo('Overview');
  await visitor.page.getByRole('rowheader', { name: 'By passkey' }).waitFor();
  await picture('overview');
  await visitor.goTo('Default policy');
  await visitor.passkeys.waitFor();
  await picture('default-policy');
  await remove(visitor, picture);
  await organizations(visitor, picture);
  await history(stage, visitor, picture);
  await audit(visitor, picture);
  await check(visitor, picture);
  await everywhere(visitor, picture);
  await conflict(stage, visitor, picture);
}

/** What was said before is not what the picture is about. */
async function dismissAll({ page }: Visitor): Promise<void> {
  for (const note of await page.getByRole('button', { name: 'Dismiss' }).all()) await note.click();
}

/** Takes a picture of what is in the window, or of a part of it. */
type Picture = (name: string, of?: Page | Locator) => Promise<void>;

async function remove(visitor: Visitor, picture: Picture): Promise<void> {
  await visitor.passkeys.click();
  await visitor.dialog.getByText('2 organizations').waitFor();
  await visitor.dialog.getByLabel('Reason').fill('Security advisory 2026-17: cloned authenticators');
  await visitor.page.evaluate("document.querySelector('dialog').scrollTo(0, 0)");
  await picture('preview');
  await visitor.confirm();
  const { details } = visitor;
  await visitor.button('For developers').click();
  await details.getByText('They are equal').waitFor();
  await picture('details', details);
  await visitor.button('For developers').click();
}

async function organizations(visitor: Visitor, picture: Picture): Promise<void> {
  await visitor.goTo('Organizations');
  await visitor.button('Add a custom policy for Acme').click();
  await visitor.confirm('Acme manages its own factors');
  await visitor.button('Reset to the default for Acme').waitFor();
  await visitor.page.getByLabel('Select Acme').check();
  await picture('organizations');
  await visitor.page.getByRole('link', { name: 'Acme', exact: true }).click();
  await visitor.heading('Acme').waitFor();
  await visitor.passkeys.waitFor();
  await picture('organization');
}

async function history(stage: Stage, visitor: Visitor, picture: Picture): Promise<void> {
  const [organizationId] = stage.quickstart.organizationIds;
  await visitor.lookBack({ organizationId });
  await visitor.page.getByLabel('Moment, by version').fill('4');
  await visitor.page.getByRole('region', { name: 'Effective for Acme, then' }).waitFor();
  await visitor.page.getByText('at version 4').first().waitFor();
  await visitor.page.evaluate("document.querySelector('.moment').scrollIntoView()");
  await picture('slider');
}

async function audit(visitor: Visitor, picture: Picture): Promise<void> {
  await visitor.goTo('Audit');
  await visitor.page.getByRole('list', { name: 'Changes' }).getByText('Acme manages its own factors').first().waitFor();
  await visitor.page.evaluate('scrollTo(0, 0)');
  await picture('audit');
}

async function check(visitor: Visitor, picture: Picture): Promise<void> {
  await visitor.goTo('Default policy');
  await visitor.switch('Require a second factor').click();
  await visitor.goTo('Check a sign-in');
  const users = visitor.page.getByRole('group', { name: 'User' });
  await users.getByRole('button', { name: 'Choose' }).click();
  await users.getByRole('button', { name: 'owner', exact: true }).click();
  const verdict = visitor.page.getByRole('heading', { name: 'they have to set up a second factor first' });
  await verdict.waitFor();
  await verdict.scrollIntoViewIfNeeded();
  await picture('check');
  await visitor.goTo('Default policy');
  await visitor.button('Discard').click();
}

async function everywhere(visitor: Visitor, picture: Picture): Promise<void> {
  await visitor.goTo('Change many policies');
  await visitor.page.getByRole('combobox', { name: 'Factor' }).selectOption('Security key (U2F)');
  await visitor.button('Review what it would do').click();
  await visitor.button('Change everywhere').waitFor();
  await picture('everywhere');
}

async function conflict(stage: Stage, visitor: Visitor, picture: Picture): Promise<void> {
  await visitor.goTo('Default policy');
  await visitor.switch('Authenticator app (TOTP)').click();
  await visitor.dialog.getByText('What will change').waitFor();
  await stage.api('POST', `${ADMIN}/second_factors`, { type: 'SECOND_FACTOR_TYPE_OTP_EMAIL' });
  await visitor.dialog.getByText('The policy has moved on').waitFor();
  await visitor.dialog.getByRole('button', { name: 'Compare versions' }).click();
  await visitor.page.getByRole('heading', { name: 'Somebody changed the policy first' }).waitFor();
  await picture('conflict');
}

const chromium = findChromium();
if (chromium === undefined) throw new Error('no Chromium was found: install it, or name it in CHROMIUM');
await takeAll(chromium);
process.stdout.write(`The pictures are in ${FOLDER}.\n`);
