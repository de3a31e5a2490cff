import { emptyPolicy, foldInPlace, type PolicyInPlace } from '../workload/plain-policy.js';
import { parseRaw, type RawEvent } from './raw-event.js';
import type { RawFile } from './raw-file.js';

/** Scans all events, parses each and folds it into the state of its policy. */
export function foldFile(file: RawFile): ReadonlyMap<string, PolicyInPlace> {
  const states = new Map<string, PolicyInPlace>();
  for (let page = file.page(0); page.length > 0; page = file.page(page.at(-1)?.[4] ?? 0)) {
    for (const event of page) {
      const [stream] = event;
      let state = states.get(stream);
      if (state === undefined) states.set(stream, (state = emptyPolicy()));
      foldInto(state, event);
    }
  }
  return states;
}

/** Loads one policy by folding its events. */
export function foldStream(file: RawFile, stream: string): PolicyInPlace {
  const state = emptyPolicy();
  for (const event of file.stream(stream)) foldInto(state, event);
  return state;
}

function foldInto(state: PolicyInPlace, event: RawEvent): void {
  foldInPlace(state, parseRaw(event), event[2]);
}
