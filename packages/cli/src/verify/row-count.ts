import { INSTANCE_CATEGORY, loginPolicyProjection, ORGANIZATION_CATEGORY } from '@login-policy/domain/model';
import { START, type Store } from '@login-policy/event-sourcing';
import type { Findings } from './findings.js';
import { lookingOnly } from './looking-only.js';
import type { PolicyFolds } from './policy-folds.js';

const filter = { categories: [INSTANCE_CATEGORY, ORGANIZATION_CATEGORY] };

/** Compares the number of rows with that of policies: a row of a policy that has no event may stand in no list. */
export async function compareRowCount(
  store: Store,
  { findings, folds }: { readonly findings: Findings; readonly folds: PolicyFolds },
  signal: AbortSignal,
): Promise<void> {
  const model = await lookingOnly(store).readModels.open(loginPolicyProjection);
  const { checkpoint = START, rows } = await model.count('all', { signal });
  // Others may have written since the policies were folded.
  for await (const page of store.eventStore.readAll({ after: folds.upTo, filter, signal })) {
    const counted = page.filter(({ position }) => position <= checkpoint);
    for (const event of counted) folds.add(event);
    if (counted.length < page.length) break;
  }
  signal.throwIfAborted();
  const { rows: expected, upTo } = folds;
  if (rows > expected && upTo <= checkpoint)
    findings.add('the rows', `expected ${expected}, one for each policy, got ${rows}. Run login-policy rebuild.`);
}
