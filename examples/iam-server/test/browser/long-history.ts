import { freshInstance } from '@login-policy/domain';
import { loginPolicyEvents, parseOwner, policyStream } from '@login-policy/domain/model';
import { monotonicIds } from '@login-policy/event-sourcing';
import type { NewEvent } from '@login-policy/event-sourcing/store';
import { openSqliteStore } from '@login-policy/store-sqlite';
import type { Stage } from './suite.js';

const TOGETHER = 500;

/** Takes the multi-factor off and puts it on again, so often, by another process of the same store. */
export async function writeHistory({ quickstart, storeFile }: Stage, count: number): Promise<void> {
  const [passkeys] = freshInstance.multiFactors ?? [];
  if (passkeys === undefined) throw new Error('a fresh instance has a multi-factor');
  const ids = monotonicIds();
  const events = Array.from({ length: count }, (_, index): NewEvent => {
    const type = index % 2 === 0 ? 'MultiFactorRemoved' : 'MultiFactorAdded';
    const metadata = { actor: 'load', correlationId: 'load' };
    return { id: ids(), metadata, ...loginPolicyEvents.encode({ type, data: { factor: passkeys } }) };
  });
  const store = await openSqliteStore({ path: storeFile });
  const streamId = policyStream(parseOwner({ instanceId: quickstart.instanceId }, 'owner'));
  for (let from = 0; from < count; from += TOGETHER) {
    await store.eventStore.append({ streamId, expected: 'any', events: events.slice(from, from + TOGETHER) });
  }
  await store.close();
}
