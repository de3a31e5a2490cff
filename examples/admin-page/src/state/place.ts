/** Where somebody was in a view: how far down, and on what. */
interface Place {
  readonly y: number;
  /** What had the focus, by its kind and its words: what is drawn anew is another element. */
  readonly focused: string;
}

const MOST = 50;
const TRIES = 40;
const AGAIN_MS = 50;
const places = new Map<number, Place>();
let here = 0;
let last = 0;

/** Keeps where somebody is in each view, so that Back leads there. */
export function keepPlaces(): void {
  history.scrollRestoration = 'manual';
  arrive();
  for (const event of ['scroll', 'focusin']) addEventListener(event, note, { passive: true });
}

function note(): void {
  const focused = document.activeElement;
  places.set(here, { y: scrollY, focused: focused === null ? '' : wordsOf(focused) });
  const [oldest] = places.keys();
  if (places.size > MOST && oldest !== undefined) places.delete(oldest);
}

function wordsOf(element: Element): string {
  return `${element.tagName} ${element.getAttribute('aria-label') ?? element.textContent}`;
}

/** Each entry of the browser's history has a number, that of its place. */
function arrive(): void {
  const state: unknown = history.state;
  if (typeof state === 'number') here = state;
  else history.replaceState((here = ++last), '');
  last = Math.max(last, here);
}

/** Goes where somebody was when they left this entry of the history; `false` for one that was not there yet. */
export function returnToPlace(isThere: () => boolean): boolean {
  arrive();
  const place = places.get(here);
  if (place === undefined) return false;
  settle(place, isThere, TRIES);
  return true;
}

/** What was read before is shown at once, what was not comes soon. */
function settle(place: Place, isThere: () => boolean, tries: number): void {
  const { focused, y } = place;
  const found = [...document.querySelectorAll<HTMLElement>('main :is(a, button, input, select, h1)')].find(
    (element) => wordsOf(element) === focused,
  );
  const isHighEnough = document.documentElement.scrollHeight >= y + innerHeight;
  if (found !== undefined && isHighEnough) {
    found.focus({ preventScroll: true });
    scrollTo(0, y);
  } else if (tries > 0 && isThere()) setTimeout(settle, AGAIN_MS, place, isThere, tries - 1);
}
