import { modelIn, type Found, type FoundModel } from './view.js';

/**
 * Combines the look-ups of one transaction; head and token are those of the first. A read model that moved between two
 * look-ups is left out, because rows of one checkpoint and events after another would be reduced twice or not at all.
 */
export function combined(found: readonly Found[]): Found {
  return found.reduce(merged);
}

function merged(before: Found, more: Found): Found {
  const others = before.models.filter(({ target }) => modelIn(more, target) === undefined);
  return {
    ...before,
    ends: new Map([...before.ends, ...more.ends]),
    receipts: [...before.receipts, ...more.receipts],
    unreadable: new Map([...(before.unreadable ?? []), ...(more.unreadable ?? [])]),
    models: [...others, ...more.models.flatMap((model) => mergedModel(modelIn(before, model.target), model))],
  };
}

function mergedModel(before: FoundModel | undefined, model: FoundModel): readonly FoundModel[] {
  if (before === undefined) return [model];
  if (before.id !== model.id || before.checkpoint !== model.checkpoint) return [];
  const unprocessed = model.unprocessed ?? before.unprocessed;
  const rows = new Map([...before.rows, ...model.rows]);
  return [{ ...model, rows, ...(unprocessed !== undefined && { unprocessed }) }];
}
