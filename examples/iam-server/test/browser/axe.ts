import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { Visitor, Window } from './visitor.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** A window that is looked at in the middle of a visit. */
type Look = Pick<Window, 'width' | 'height' | 'colorScheme' | 'forcedColors'>;

/**
 * The visits in which the page is looked at, each in the window it is walked through and in others: what only programs
 * need is shown, or not, from its beginning.
 */
export const VISITS: Readonly<Record<string, Window & { readonly others: Readonly<Record<string, Look>> }>> = {
  'in a window 320 wide, in light and in the colours of the system': {
    // As at 400 % of 1280, too.
    width: 320,
    height: 640,
    others: { 'in light': {}, 'in the colours of the system': { forcedColors: 'active' } },
  },
  'in dark': { colorScheme: 'dark', developers: 'no', others: {} },
};

/** How far the page has to be scrolled sideways, in pixels. */
const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
const OVERFLOW_OF_DIALOGS =
  "Math.max(0, ...[...document.querySelectorAll('dialog')].map((one) => one.scrollWidth - one.clientWidth))";

/** Expects axe to find nothing. */
export async function check({ page }: Visitor, view: string): Promise<void> {
  if (await page.evaluate("typeof axe === 'undefined'")) await page.evaluate(await readFile(axe, 'utf8'));
  // What passes is not written down: nobody asks for it.
  const found = await page.evaluate<readonly string[]>(
    `axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`,
  );
  expect(found, view).to.deep.equal([]);
}

/** The same in each window of a visit, in which nothing has to be scrolled sideways either. */
export async function checkIn(visit: (typeof VISITS)[string], visitor: Visitor, view: string): Promise<void> {
  for (const [name, look] of Object.entries({ 'as it is walked through': visit, ...visit.others })) {
    await change(visitor, look);
    await check(visitor, `${view}, ${name}`);
    expect(await visitor.page.evaluate<number>(OVERFLOW), `${view}, ${name}`).to.equal(0);
    expect(await visitor.page.evaluate<number>(OVERFLOW_OF_DIALOGS), `${view}, in a dialog, ${name}`).to.equal(0);
  }
  await change(visitor, visit);
}

async function change({ page }: Visitor, look: Look): Promise<void> {
  const { width = 1280, height = 900, colorScheme = 'light', forcedColors = 'none' } = look;
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme, forcedColors });
}
