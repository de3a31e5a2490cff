import { findChromium } from './chromium.js';
import { writeHistory } from './long-history.js';
import { Stage } from './suite.js';
import type { Visitor } from './visitor.js';

const ROUNDS = 7;
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
    const fresh = await repeated(() => untilInteractive(visitor));
    const figures = await figuresOf(visitor);
    const live = await repeated((round) => untilSeen(stage, visitor, round));
    // The history that is written begins with a removal.
    await stage.api('POST', `${ADMIN}/multi_factors`, { type: PASSKEYS });
    const felt = await feltBy(visitor);
    await writeHistory(stage, 10_000);
    const long = await repeated(() => untilInteractive(visitor));
    const history = await repeated(() => untilHistory(visitor));
    await stage.direct(Array.from({ length: 10_000 }, (_, index) => ({ id: `org-${index}`, name: `Tenant ${index}` })));
    const list = await ofList(await stage.owner());
    print({
      'script of a reload, with views fetched ahead': `${(figures.scriptBytes / 1000).toFixed(1)} kB, ${(figures.scriptBytesOnTheWire / 1000).toFixed(1)} kB on the wire`,
      'requests of a reload': String(figures.requests),
      'longest task of the script': `${figures.longestTaskMs} ms (0: none over 50 ms)`,
      'largest contentful paint of a reload': `${felt.lcpMs} ms`,
      'worst interaction to next paint': `${Math.max(felt.inpMs, list.felt.inpMs)} ms (0: none over 16 ms)`,
      'layout shift of a reload and a look at each view, summed': Math.max(felt.cls, list.felt.cls).toFixed(3),
      '10,000 organizations: nodes of the list': String(list.nodes),
      '10,000 organizations: a key in the search until its rows are there': list.key,
      '10,000 organizations: longest task': `${list.felt.longestTaskMs} ms (0: none over 50 ms)`,
      'reload until a switch can be used': fresh,
      'change made by a machine until the page shows it': live,
      'reload until a switch can be used, 10,000 events': long,
      'History opened until it shows the newest, 10,000 events': history,
    });
    await stage.sendHome();
  } finally {
    await stage.close();
  }
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

interface Felt {
  readonly lcpMs: number;
  readonly inpMs: number;
  readonly cls: number;
  readonly longestTaskMs: number;
}

/** What the browser notes while somebody goes through the page; the worst of it. */
const WATCH = `(() => {
  const seen = (window.seen = { lcpMs: 0, inpMs: 0, cls: 0, longestTaskMs: 0 });
  const watch = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true, durationThreshold: 16 });
  watch('largest-contentful-paint', ({ startTime }) => (seen.lcpMs = Math.round(startTime)));
  watch('event', ({ interactionId, duration }) => interactionId && (seen.inpMs = Math.max(seen.inpMs, duration)));
  watch('layout-shift', ({ hadRecentInput, value }) => !hadRecentInput && (seen.cls += value));
  watch('longtask', ({ duration }) => (seen.longestTaskMs = Math.max(seen.longestTaskMs, Math.round(duration))));
})()`;

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
    'History',
    'Audit',
    'Everywhere',
    'Check a sign-in',
    'Default policy',
  ] as const) {
    await visitor.goTo(view);
    await page.waitForTimeout(500);
  }
  await page.reload();
  await visitor.passkeys.waitFor();
  await page.waitForTimeout(500);
  return page.evaluate<Felt>('window.seen');
}

/** The list of 10,000 organizations: what it weighs, and how soon a key is answered. */
async function ofList(
  visitor: Visitor,
): Promise<{ readonly felt: Felt; readonly nodes: number; readonly key: string }> {
  const { page } = visitor;
  await page.addInitScript(WATCH);
  await page.reload();
  await visitor.goTo('Organizations');
  await page.getByText('1–50 of 10,000').waitFor();
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
  return { felt: await page.evaluate<Felt>('window.seen'), nodes, key };
}

async function untilHistory(visitor: Visitor): Promise<number> {
  await visitor.goTo('Default policy');
  return timed(async () => {
    await visitor.goTo('History');
    await visitor.page.getByText('the newest 100 shown').waitFor();
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

function print(rows: Readonly<Record<string, string>>): void {
  const width = Math.max(...Object.keys(rows).map(({ length }) => length));
  for (const [name, value] of Object.entries(rows)) process.stdout.write(`${name.padEnd(width)}  ${value}\n`);
}

const chromium = findChromium();
if (chromium === undefined) throw new Error('no Chromium was found: install it, or name it in CHROMIUM');
await measure(chromium);
