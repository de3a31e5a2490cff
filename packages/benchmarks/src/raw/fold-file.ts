import { emptyPolicy, foldInPlace, type PolicyInPlace } from '../workload/plain-policy.js';
import { parseRaw, type RawEvent } from './raw-event.js';
import type { RawFile } from './raw-file.js';

/** Scans all events of a file, parses each and folds it into the state of its policy. */
export function foldFile(file: RawFile): ReadonlyMap<string, PolicyInPlace> {
  const states = new Map<string, PolicyInPlace>();
  for (let page = file.page(0); page.length > 0; page = file.page(page.at(-1)?.[4] ?? 0)) foldPage(states, page);
  return states;
}

/** {@link foldFile} for pages that have to be waited for. */
export async function foldPages(
  pageAfter: (position: number) => Promise<readonly RawEvent[]>,
): Promise<ReadonlyMap<string, PolicyInPlace>> {
  const states = new Map<string, PolicyInPlace>();
  for (let page = await pageAfter(0); page.length > 0; page = await pageAfter(page.at(-1)?.[4] ?? 0)) {
    foldPage(states, page);
  }
  return states;
}

/** Loads one policy by folding its events. */
export function foldStream(file: RawFile, stream: string): PolicyInPlace {
  const state = emptyPolicy();
  for (const event of file.stream(stream)) foldInto(state, event);
  return state;
}

/** Folds one event into the state of its policy. */
export function foldInto(state: PolicyInPlace, event: RawEvent): void {
  foldInPlace(state, parseRaw(event), event[2]);
}

function foldPage(states: Map<string, PolicyInPlace>, page: readonly RawEvent[]): void {
  for (const event of page) {
    const [stream] = event;
    let state = states.get(stream);
    if (state === undefined) states.set(stream, (state = emptyPolicy()));
    foldInto(state, event);
  }
}
