import type { Found, FoundModel } from './view.js';

/**
 * Combines the look-ups of one transaction; head and token are those of the first. A read model that moved between two
 * look-ups is left out, because rows of one checkpoint and events after another would be reduced twice or not at all.
 */
export function mergeFound(before: Found | undefined, found: Found): Found {
  if (before === undefined) return found;
  const models = new Map(before.models);
  for (const [name, model] of found.models) {
    const joined = mergeModel(models.get(name), model);
    if (joined === undefined) models.delete(name);
    else models.set(name, joined);
  }
  return {
    ...before,
    ends: new Map([...before.ends, ...found.ends]),
    receipts: new Map([...before.receipts, ...found.receipts]),
    unreadable: new Map([...before.unreadable, ...found.unreadable]),
    models,
  };
}

function mergeModel(before: FoundModel | undefined, model: FoundModel): FoundModel | undefined {
  if (before === undefined) return model;
  if (before.id !== model.id || before.checkpoint !== model.checkpoint) return undefined;
  const unprocessed = model.unprocessed ?? before.unprocessed;
  const rows = new Map([...before.rows, ...model.rows]);
  return { id: model.id, checkpoint: model.checkpoint, rows, ...(unprocessed !== undefined && { unprocessed }) };
}
