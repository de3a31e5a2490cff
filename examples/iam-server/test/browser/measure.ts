import { findChromium } from './chromium.js';
import { ADDRESSED, feltOf, WATCH, type Felt } from './felt.js';
import { writeHistory } from './long-history.js';
import { Stage } from './suite.js';
import type { Visitor } from './visitor.js';

const ROUNDS = 7;
const MOST_SHIFT = 0.02;
const ADMIN = '/admin/v1/policies/login';
const PASSKEYS = 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';

interface Figures {
  readonly scriptBytes: number;
  readonly scriptBytesOnTheWire: number;
  readonly requests: number;
  readonly longestTaskMs: number;
}

/** Prints how heavy the page is and how long it takes on this machine: `npm run bench:page`. */
async function measure(executablePath: string): Promise<void> {
  const stage = new Stage();
  await stage.open(executablePath);
  try {
    await stage.serve();
    const visitor = await stage.owner();
    print(await ofReload(stage, visitor));
    // The history that is written begins with a removal.
    await stage.api('POST', `${ADMIN}/multi_factors`, { type: PASSKEYS });
    print(await ofWalk(visitor));
    print(named('by its address', await feltOfEach(stage, visitor)));
    const phone = await stage.owner({ width: 375, height: 812, developers: 'no' });
    print(named('on a phone', await feltOfEach(stage, phone)));
    await writeHistory(stage, 10_000);
    print(await ofLongHistory(visitor));
    await stage.direct(Array.from({ length: 10_000 }, (_, index) => ({ id: `org-${index}`, name: `Tenant ${index}` })));
    print(named('10,000 organizations', await ofList(await stage.owner())));
    await stage.sendHome();
  } finally {
    await stage.close();
  }
}

type Rows = Readonly<Record<string, string>>;

async function ofReload(stage: Stage, visitor: Visitor): Promise<Rows> {
  const fresh = await repeated(() => untilInteractive(visitor));
  const { scriptBytes, scriptBytesOnTheWire, requests, longestTaskMs } = await figuresOf(visitor);
  return {
    'script of a reload, with views fetched ahead': `${(scriptBytes / 1000).toFixed(1)} kB, ${(scriptBytesOnTheWire / 1000).toFixed(1)} kB on the wire`,
    'requests of a reload': String(requests),
    'longest task of the script': `${longestTaskMs} ms (0: none over 50 ms)`,
    'reload until a switch can be used': fresh,
    'change made by a machine until the page shows it': await repeated((round) => untilSeen(stage, visitor, round)),
  };
}

async function ofWalk(visitor: Visitor): Promise<Rows> {
  const felt = await feltBy(visitor);
  const reloaded = await feltByReload(visitor);
  return {
    'largest contentful paint of a reload': `${reloaded.lcpMs} ms`,
    'worst interaction to next paint of a walk through all views': `${felt.inpMs} ms (0: none over 16 ms)`,
    'layout shift of a walk through all views, summed': shiftOf(felt),
  };
}

async function ofLongHistory(visitor: Visitor): Promise<Rows> {
  await visitor.goTo('Default policy');
  return {
    'reload until a switch can be used, 10,000 events': await repeated(() => untilInteractive(visitor)),
    'A policy’s own changes opened until they show the newest, 10,000 events': await repeated(() =>
      untilHistory(visitor),
    ),
  };
}

async function repeated(once: (round: number) => Promise<number>): Promise<string> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await once(round));
  times.sort((left, right) => left - right);
  const [least, median, most] = [times[0], times[Math.floor(ROUNDS / 2)], times.at(-1)];
  return `${median?.toFixed(0)} ms (${least?.toFixed(0)} to ${most?.toFixed(0)}, ${ROUNDS} rounds)`;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function untilInteractive({ page, passkeys }: Visitor): Promise<number> {
  return timed(async () => {
    await page.reload({ waitUntil: 'commit' });
    await passkeys.and(page.locator(':enabled')).waitFor();
  });
}

/** Through all views, each with something pressed in it. */
async function feltBy(visitor: Visitor): Promise<Felt> {
  const { page } = visitor;
  await page.addInitScript(WATCH);
  await page.reload();
  await visitor.switch('Self-registration').click();
  await visitor.button('Discard').click();
  await visitor.passkeys.click();
  await visitor.dialog.getByText('2 organizations').waitFor();
  await page.keyboard.press('Escape');
  for (const view of [
    'Organizations',
    'Audit',
    'Proposals',
    'Change many policies',
    'Check a sign-in',
    'Default policy',
  ] as const) {
    await visitor.goTo(view);
    await page.waitForTimeout(500);
  }
  return page.evaluate<Felt>('window.seen');
}

async function feltByReload({ page, passkeys }: Visitor): Promise<Felt> {
  await page.reload();
  await passkeys.waitFor();
  await page.waitForTimeout(500);
  return page.evaluate<Felt>('window.seen');
}

/** Each view, loaded by its address. */
async function feltOfEach(stage: Stage, visitor: Visitor): Promise<Rows> {
  const [organizationId] = stage.quickstart.organizationIds;
  await visitor.page.addInitScript(WATCH);
  const rows: Record<string, string> = {};
  for (const [view, { hash, last }] of Object.entries(ADDRESSED)) {
    const felt = await feltOf(visitor, `${stage.quickstart.url}/${hash(organizationId)}`, last);
    rows[view] = `painted after ${felt.lcpMs} ms, layout shift ${shiftOf(felt)}`;
  }
  await visitor.page.goto(stage.quickstart.url);
  return rows;
}

/** How much moved, and what, where it is more than the page may. */
function shiftOf({ cls, moved }: Felt): string {
  return `${cls.toFixed(3)}${cls > MOST_SHIFT ? `: ${moved.join('; ')}` : ''}`;
}

function named(how: string, rows: Rows): Rows {
  return Object.fromEntries(Object.entries(rows).map(([view, row]) => [`${view}, ${how}`, row]));
}

/** The list of 10,000 organizations: what it weighs, and how soon a key is answered. */
async function ofList(visitor: Visitor): Promise<Rows> {
  const { page } = visitor;
  await page.addInitScript(WATCH);
  await page.reload();
  await visitor.goTo('Organizations');
  await page.getByText('1–50 of 10,000').waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  const nodes = await page.evaluate<number>("document.querySelectorAll('*').length");
  const search = page.getByLabel('Name or id');
  const key = await repeated(async (round) => {
    await search.fill('');
    await page.getByText('1–50 of 10,000').waitFor();
    return timed(async () => {
      await search.press(String(round + 1));
      await page.getByText('1–50 of 10,000').waitFor({ state: 'detached' });
    });
  });
  await visitor.button('Last changed').click();
  await page.locator('[aria-sort=descending]').waitFor();
  const felt = await page.evaluate<Felt>('window.seen');
  return {
    'nodes of the list': String(nodes),
    'a key in the search until its rows are there': key,
    'worst interaction to next paint': `${felt.inpMs} ms (0: none over 16 ms)`,
    'longest task': `${felt.longestTaskMs} ms (0: none over 50 ms)`,
    'layout shift': shiftOf(felt),
  };
}

async function untilHistory(visitor: Visitor): Promise<number> {
  await visitor.goTo('Default policy');
  return timed(async () => {
    await visitor.lookBack();
    await visitor.page
      .getByText(/^versions \d+ to 10\d{3}$/)
      .first()
      .waitFor();
  });
}

/** From the answer the machine got to the switch on the page. */
async function untilSeen(stage: Stage, { page }: Visitor, round: number): Promise<number> {
  await page.getByText('Live', { exact: true }).waitFor();
  const isOn = round % 2 === 1;
  const factors = `${ADMIN}/multi_factors`;
  await (isOn ? stage.api('POST', factors, { type: PASSKEYS }) : stage.api('DELETE', `${factors}/${PASSKEYS}`));
  const seen = page.getByRole('switch', { name: 'Passkeys (U2F with verification)', checked: isOn });
  return timed(() => seen.waitFor());
}

const LOOK = `new Promise((resolve) => {
  const tasks = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries())).observe({ type: 'longtask', buffered: true });
  setTimeout(() => {
    const resources = performance.getEntriesByType('resource');
    const scripts = resources.filter(({ initiatorType, name }) => initiatorType === 'script' || name.endsWith('.js'));
    const sum = (member) => scripts.reduce((total, script) => total + script[member], 0);
    resolve({
      scriptBytes: sum('decodedBodySize'),
      scriptBytesOnTheWire: sum('encodedBodySize'),
      requests: resources.length + 1,
      longestTaskMs: Math.max(0, ...tasks.map(({ duration }) => Math.round(duration))),
    });
  }, 500);
})`;

function figuresOf({ page }: Visitor): Promise<Figures> {
  return page.evaluate<Figures>(LOOK);
}

const WIDTH = 88;

function print(rows: Rows): void {
  for (const [name, value] of Object.entries(rows)) process.stdout.write(`${name.padEnd(WIDTH)}  ${value}\n`);
}

/** Prints how large the script of the first view is. */
const SIZE = new URL('../../../admin-page/check-size.mjs', import.meta.url).href;

const chromium = findChromium();
if (chromium === undefined) throw new Error('no Chromium was found: install it, or name it in CHROMIUM');
await import(SIZE);
await measure(chromium);
