/** The scroll position and focus in a view. */
interface Place {
  readonly y: number;
  /** The focused element, by its kind and text, because a new rendering creates another element. */
  readonly focused: string;
}

const MOST = 50;
const TRIES = 40;
const AGAIN_MS = 50;
const places = new Map<number, Place>();
let here = 0;
let last = 0;

/** Stores the place in each view, so that Back returns to it. */
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

/** Numbers the browser's history entries; the number is the key of the place. */
function arrive(): void {
  const state: unknown = history.state;
  if (typeof state === 'number') here = state;
  else history.replaceState((here = ++last), '');
  last = Math.max(last, here);
}

/** Restores the place of this history entry; `false` for a new entry. */
export function returnToPlace(isThere: () => boolean): boolean {
  arrive();
  const place = places.get(here);
  if (place === undefined) return false;
  settle(place, isThere, TRIES);
  return true;
}

/** Cached data is shown at once, and other data a little later, so try several times. */
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
