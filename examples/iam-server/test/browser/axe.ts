import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import type { Visitor, Window } from './visitor.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** The windows in which the page is looked at. */
export const LOOKS: Readonly<Record<string, Window>> = {
  'in light': { colorScheme: 'light' },
  'in dark': { colorScheme: 'dark', developers: 'no' },
  // As at 400 % of 1280, too.
  'in a window 320 wide': { width: 320, height: 640 },
  'in the colours of the system': { forcedColors: 'active' },
};

/** How far the page has to be scrolled sideways, in pixels. */
export const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

/** Expects axe to find nothing. */
export async function check({ page }: Visitor, view: string): Promise<void> {
  if (await page.evaluate("typeof axe === 'undefined'")) await page.evaluate(await readFile(axe, 'utf8'));
  // What passes is not written down: nobody asks for it.
  const found = await page.evaluate<readonly string[]>(
    `axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`,
  );
  expect(found, view).to.deep.equal([]);
}
