import { openLoginPolicies, orThrow, SECOND_FACTORS, type LoginPolicies } from '@login-policy/domain';
import { streamId } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { GLOBEX, INSTANCE, type Place } from './running.js';

/**
 * Writes a history with all that a copy has to keep: several events at once, receipts with and without events, another
 * kind of stream.
 */
export async function writeHistoryIn(place: Place, { rounds = 3 } = {}): Promise<void> {
  await place.seed();
  await place.policies((policies) => writeRounds(policies, rounds));
  await using store = await openSqliteStore({ path: place.path('iam.db') });
  // So that the append keeps their rows.
  const policies = await openLoginPolicies({ store });
  const id = '01JDQ0000000000000000000ZZ' as const;
  const event = {
    id,
    type: 'Opened',
    schemaVersion: 1,
    data: { by: [1, { deep: '\u0000' }] },
    metadata: { actor: 'a', correlationId: id },
  };
  await store.eventStore.append({
    streamId: streamId('Account', 'x'),
    expected: 'any',
    events: [JSON.parse(JSON.stringify(event))],
  });
  await policies.close();
}

async function writeRounds(policies: LoginPolicies, rounds: number): Promise<void> {
  const actor = 'alice';
  for (let round = 0; round < rounds; round++) {
    const owner = round % 2 === 0 ? INSTANCE : GLOBEX;
    const factor = SECOND_FACTORS[2 + (Math.floor(round / 4) % 3)] ?? 'TOTP';
    const type = Math.floor(round / 2) % 2 === 0 ? 'addSecondFactor' : 'removeSecondFactor';
    await policies.execute(
      owner,
      { type, factor },
      { actor, idempotencyKey: `with-${round}`, reason: `round ${round}` },
    );
    // Nothing differs: a receipt without events. Several of them stand at one place.
    for (const twin of [1, 2])
      orThrow(await policies.change(owner, {}, { actor, idempotencyKey: `without-${round}-${twin}` }));
  }
}
