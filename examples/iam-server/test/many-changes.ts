import { loginPolicyEvents, parseInstance, policyStream } from '@login-policy/domain/model';
import { monotonicIds, type EventStore } from '@login-policy/event-sourcing';

/**
 * Records many events that take turns, thousands at once: more than the buffers of the two ends of a connection hold.
 */
export async function appendMany(eventStore: EventStore, instanceId: string, count: number): Promise<void> {
  const ids = monotonicIds();
  const metadata = { actor: 'another process', correlationId: 'many' };
  const turns = (['SecondFactorRemoved', 'SecondFactorAdded'] as const).map((type) =>
    loginPolicyEvents.encode({ type, data: { factor: 'U2F' } }),
  );
  for (let written = 0; written < count; written += 5000) {
    const events = Array.from({ length: 2500 }, () => turns.map((turn) => ({ ...turn, id: ids(), metadata }))).flat();
    const streamId = policyStream(parseInstance({ instanceId }, 'instance'));
    await eventStore.append({ streamId, expected: 'any', events });
  }
}
