import { instant, revision, START, type StreamId } from '@login-policy/event-sourcing';
import {
  eventId,
  positionOf,
  targetName,
  type Found,
  type FoundModel,
  type ModelQuestion,
  type Question,
  type ReceiptKey,
  type StreamEnd,
} from '@login-policy/event-sourcing/store';
import { LogEnd } from './log-end.js';
import { storedName } from './names.js';
import { positionIn } from './positions.js';
import { arrayOf, textsOf, type Cell, type Cells } from './queries.js';
import { keyElement, keyOfHex } from './row-changes.js';
import { text } from './rows.js';

/** The arguments of `look_v10`. */
export function asked({ streams, receipts, models }: Question): readonly Cell[] {
  const kept = receipts.map(storedReceipt);
  const named = models.map(({ target, keys }) => ({ name: storedName(target.name).name, keys: [...keys] }));
  const rows = named.flatMap(({ name, keys }) => keys.map((key) => ({ name, key })));
  return [
    textsOf(Array.from(streams, (streamId) => storedName(streamId).name)),
    textsOf(kept.map(([stream]) => stream)),
    textsOf(kept.map(([, key]) => key)),
    textsOf(named.map(({ name }) => name)),
    textsOf(rows.map(({ name }) => name)),
    arrayOf(rows.map(({ key }) => keyElement(key))),
  ];
}

/** The result of `look_v10`, except for receipts. @throws TypeError when it is not what was asked for. */
export function foundIn(answer: readonly Cells[], { streams, models }: Question): Found {
  const all = (what: string): readonly Cells[] =>
    answer.filter(([kind]) => kind === what).map((cells) => cells.slice(1));
  const [[epoch, place, id, kept] = []] = all('head');
  const names = new Map(Array.from(streams, (streamId) => [storedName(streamId).name, streamId]));
  const end = new LogEnd(text(epoch), BigInt(text(place)), id ?? '');
  const rows = all('row');
  const found = new Map(models.map((one) => [storedName(one.target.name).name, one]));
  return {
    token: end,
    head: end.id === '' ? START : positionOf(end.place, eventId(end.id)),
    keptByHead: modelsIn(kept),
    ends: new Map(all('end').flatMap((cells) => endIn(cells, names))),
    unreadable: NOTHING_UNREADABLE,
    receipts: new Map(),
    models: new Map(
      all('model').flatMap(([name, model, placed]) => {
        const one = found.get(text(name));
        const own = rows.filter(([owner]) => owner === name);
        return one === undefined
          ? []
          : [[targetName(one.target), foundModel(one, [model ?? null, placed ?? null], own)]];
      }),
    ),
  };
}

/** The receipts in the result of `look_v10`. */
export function receiptsIn(answer: readonly Cells[], { receipts }: Question): readonly ReceiptKey[] {
  const isThere = new Set(answer.filter(([kind]) => kind === 'receipt').map(([, ...names]) => nameOf(names)));
  return receipts.filter((one) => isThere.has(nameOf(storedReceipt(one))));
}

function nameOf([stream, key]: Cells): string {
  return JSON.stringify([stream, key]);
}

function foundModel({ keys }: ModelQuestion, [model, placed]: Cells, own: readonly Cells[]): FoundModel {
  const rows = new Map<string, unknown>();
  for (const key of keys) rows.set(key, undefined);
  for (const [, hex, content] of own) rows.set(keyOfHex(text(hex)), text(content));
  return { id: text(model), checkpoint: positionIn(placed), rows };
}

/** The end of a stream, from its name, revision, time and id. */
export function endIn(
  [stream, last, at, id]: Cells,
  names: ReadonlyMap<string, StreamId>,
): readonly (readonly [StreamId, StreamEnd])[] {
  const streamId = names.get(text(stream));
  if (streamId === undefined) return [];
  const end = {
    revision: revision(BigInt(text(last))),
    recordedAt: instant(Number(text(at))),
    id: eventId(text(id)),
  };
  return [[streamId, end]];
}

/** The columns of a receipt's key. */
export function storedReceipt({ streamId, key }: ReceiptKey): readonly [stream: string, key: string] {
  return [storedName(streamId).name, storedName(key).name];
}

/** The read models that an event names. */
export function modelsIn(kept: Cell | undefined): readonly string[] {
  return kept === null || kept === undefined || kept === '' ? [] : kept.split(' ');
}

/** No stream is unreadable. */
export const NOTHING_UNREADABLE: Found['unreadable'] = new Map();
