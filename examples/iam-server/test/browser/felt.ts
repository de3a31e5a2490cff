import type { Visitor } from './visitor.js';

/** What a person feels of a view that is opened by its address. */
export interface Felt {
  readonly lcpMs: number;
  /** The longest from a key or a click to the next paint; 0 while none took over 16 ms. */
  readonly inpMs: number;
  /** How much moved that nobody had just pressed, as browsers count it: the sum of shifts. */
  readonly cls: number;
  /** What moved most. */
  readonly moved: readonly string[];
  readonly longestTaskMs: number;
}

/** Has a page note what a person feels, in `window.seen`. */
export const WATCH = `(() => {
  const seen = (window.seen = { lcpMs: 0, inpMs: 0, cls: 0, moved: [], longestTaskMs: 0 });
  const watch = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true, durationThreshold: 16 });
  const nameOf = ({ node }) => node?.parentElement ? (node.localName ?? '#' + node.textContent.slice(0, 20)) + '.' + (node.className ?? '') : 'gone';
  watch('largest-contentful-paint', ({ startTime }) => (seen.lcpMs = Math.round(startTime)));
  watch('event', ({ interactionId, duration }) => interactionId && (seen.inpMs = Math.max(seen.inpMs, duration)));
  watch('layout-shift', ({ hadRecentInput, value, sources }) => {
    if (hadRecentInput) return;
    seen.cls += value;
    seen.moved.push(value.toFixed(3) + ' ' + sources.map(nameOf).join(', '));
  });
  watch('longtask', ({ duration }) => (seen.longestTaskMs = Math.max(seen.longestTaskMs, Math.round(duration))));
})()`;

/** A view by its address, and a text that stands in it once all was read. */
interface Addressed {
  readonly hash: (organizationId: string) => string;
  readonly last: string | RegExp;
}

const REMOVAL = encodeURIComponent('{"wish":"remove-factor","factor":"U2F_WITH_VERIFICATION"}');

/** Every view, as the page names it. */
export const ADDRESSED: Readonly<Record<string, Addressed>> = {
  Overview: { hash: () => '#/', last: 'By passkey' },
  'Default policy': { hash: () => '#/default', last: 'Identity providers' },
  Organizations: { hash: () => '#/organizations', last: 'Globex' },
  'An organization': { hash: (id) => `#/organizations/${id}`, last: 'History of its custom policy' },
  'A moment': { hash: (id) => `#/audit?at=2&organizationId=${id}`, last: 'Nothing recorded is like that' },
  Audit: { hash: () => '#/audit', last: 'Brought the default policy into force' },
  'Change many policies': { hash: () => '#/rollout', last: 'Review what it would do' },
  Proposals: { hash: () => '#/proposals', last: 'Nothing waits.' },
  'A preview': { hash: () => `#/default?change=${REMOVAL}`, last: 'since this time yesterday' },
  'Check a sign-in': {
    hash: (id) => `#/check?organization=${id}&has=password&shown=password`,
    last: 'Judged for',
  },
};

/** The frame after the next one: what moved in the one before is told by then. */
const PAINTED =
  'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve))))';

/** What is felt of one view that is loaded anew by its address, until all of it was read. */
export async function feltOf({ page }: Visitor, address: string, last: string | RegExp): Promise<Felt> {
  await page.goto('about:blank');
  await page.goto(address);
  await page.getByText(last).first().waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  await page.evaluate(PAINTED);
  return page.evaluate<Felt>('window.seen');
}
