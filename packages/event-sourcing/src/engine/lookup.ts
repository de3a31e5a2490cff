import type { Found, FoundModel } from './view.js';

/** What was found in one transaction, look after look: head and token are those of the first look. */
export function foundTogether(before: Found | undefined, found: Found): Found {
  if (before === undefined) return found;
  const models = new Map(before.models);
  for (const [name, model] of found.models) models.set(name, together(models.get(name), model));
  return {
    ...before,
    ends: new Map([...before.ends, ...found.ends]),
    receipts: new Map([...before.receipts, ...found.receipts]),
    unreadable: new Map([...before.unreadable, ...found.unreadable]),
    models,
  };
}

function together(before: FoundModel | undefined, model: FoundModel): FoundModel {
  if (before === undefined) return model;
  const behind = model.behind ?? before.behind;
  const rows = new Map([...before.rows, ...model.rows]);
  return { id: model.id, checkpoint: model.checkpoint, rows, ...(behind !== undefined && { behind }) };
}
