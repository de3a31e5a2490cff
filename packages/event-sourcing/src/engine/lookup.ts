import type { Found, FoundModel, Question } from './view.js';
import { targetName } from './view.js';

/**
 * What was found in one transaction, look after look. A key that was asked for and not found has an entry without a row, so that a plan
 * can tell it from one that was not asked for.
 */
export function added(before: Found | undefined, question: Question, found: Found): Found {
  const models = new Map(before?.models);
  for (const { target, keys } of question.models) {
    const name = targetName(target);
    const model = found.models.get(name);
    if (model !== undefined) models.set(name, together(models.get(name), model, keys));
  }
  if (before === undefined) return { ...found, models };
  return {
    ...before,
    ends: new Map([...before.ends, ...found.ends]),
    receipts: new Map([...before.receipts, ...found.receipts]),
    unreadable: new Map([...(before.unreadable ?? []), ...(found.unreadable ?? [])]),
    models,
  };
}

function together(before: FoundModel | undefined, model: FoundModel, keys: readonly string[]): FoundModel {
  const rows = new Map(before?.rows);
  for (const key of keys) rows.set(key, model.rows.get(key));
  const behind = model.behind ?? before?.behind;
  return { id: model.id, checkpoint: model.checkpoint, rows, ...(behind !== undefined && { behind }) };
}
