import { openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import type { Position, RecordedEvent, Store } from '@login-policy/event-sourcing';
import { generateKey, parseSigner, type GrowingTreeHead, type ReadableLog, treeHead } from '@login-policy/witness';

const { publicKey, secretKey } = generateKey('iam.example/log');
export const KEY = { publicKey };
export const SIGNER = parseSigner(secretKey);

/** Writes a history with appends of one and of several events, reasons, keys and more than one stream. */
export async function writeHistory(store: Store, { from = 0, to = 40 } = {}): Promise<void> {
  await using policies = await openLoginPolicies({ store });
  if (from === 0) orThrow(await policies.set({ instanceId: 'iam' }, {}, { actor: 'setup', reason: 'first start' }));
  for (let round = from; round < to; round++) await writeRound(policies, round);
}

async function writeRound(policies: LoginPolicies, round: number): Promise<void> {
  const organization = { instanceId: 'iam', organizationId: `org-${round % 3}` };
  const why = { actor: `user-${round % 4}`, ...(round % 2 === 0 && { reason: `ticket ${round}` }) };
  if (round < 3) orThrow(await policies.customize(organization, { ...why, idempotencyKey: `k-${round}` }));
  else if (round % 2 === 0) orThrow(await policies.change(organization, { forceMfa: round % 4 === 0 }, why));
  else orThrow(await policies.change(organization, { lifetimes: { passwordCheck: `PT${round + 1}H` } }, why));
}

/** All events of a log. */
export async function eventsOf(log: ReadableLog): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const page of log.readAll()) events.push(...page);
  return events;
}

const SALT = 'abcdefghijklmnopqrstu';

/** The same events, with salts. */
export function salted(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  return events.map((event, at) => {
    const end = at.toString(36).slice(-1);
    return { ...event, metadata: { ...event.metadata, actorSalt: `${SALT}${end}`, reasonSalt: `${end}${SALT}` } };
  });
}

/** A log with these events, which counts how many are read. */
export function logOf(events: readonly RecordedEvent[]): ReadableLog & { readonly counted: { read: number } } {
  const counted = { read: 0 };
  return {
    counted,
    async *readAll({ after, pageSize = 500 }: { after?: Position; pageSize?: number } = {}) {
      const rest = after === undefined ? events : events.filter(({ position }) => position > after);
      for (let at = 0; at < rest.length; at += pageSize) {
        const page = rest.slice(at, at + pageSize);
        counted.read += page.length;
        yield await Promise.resolve(page);
      }
    },
  };
}

/** The tree head of a log. */
export async function headOf(log: ReadableLog, previous?: GrowingTreeHead): Promise<GrowingTreeHead> {
  const answer = await treeHead(log, { signer: SIGNER, ...(previous && { previous }) });
  if (answer.outcome !== 'signed') throw new Error(JSON.stringify(answer));
  return answer.treeHead;
}
