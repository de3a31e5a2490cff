/**
 * One of the processes that are killed and frozen while they work on one store. It reports each command before it is
 * given and after it is acknowledged, and reads what it and the others have had acknowledged.
 *
 * Usage: node working.js URL NAME SEED
 */
import { freshInstance, openLoginPolicies, orThrow, type CommandInput } from '@login-policy/domain';
import { isFault, parsePosition, positionToString } from '@login-policy/event-sourcing';
import { openStore } from '../open-store.js';
import { randomFrom } from '../proof.js';

/** An acknowledged command: its policy is at this sequence, at this position. */
export interface Acknowledgement {
  readonly key: string;
  readonly organizationId: string;
  readonly sequence: string;
  readonly position: string;
}

/** What a process reports. */
export type Report = { readonly acknowledged: Acknowledgement } | { readonly broken: string };

/** All processes change these, beside some of their own. */
const SHARED = ['shared-1', 'shared-2', 'shared-3'];
const MOST_UNREAD = 50;
const patient = { waitMs: 60_000 };

const [url = '', name = '', seed = ''] = process.argv.slice(2);
const random = randomFrom(Number(seed));
const unread: Acknowledgement[] = [];
let isEnding = false;
process.on('message', (message: Acknowledgement | 'end') => {
  if (message === 'end') isEnding = true;
  else if (unread.length < MOST_UNREAD) unread.push(message);
});

const store = await openStore(url);
const policies = await openLoginPolicies({ store });
try {
  for (let round = 1; !isEnding; round++) {
    const acknowledged = await command(`${name}-${round}`);
    if (acknowledged !== undefined) {
      send({ acknowledged });
      await demandRead(acknowledged);
    }
    for (const other of unread.splice(0)) await demandRead(other);
  }
  if (policies.readModel.state.is === 'stopped') throw new Error('its read model has stopped');
  await policies.close();
  await store.close();
} catch (caught) {
  send({ broken: `${name}: ${String(caught)}` });
  process.exitCode = 1;
}
process.disconnect();

function send(report: Report): void {
  process.send?.(report);
}

/** Gives a command, again under its key while it fails for a time; `undefined` when it is refused. */
async function command(key: string): Promise<Acknowledgement | undefined> {
  const organizationId = random() < 0.5 ? oneOf(SHARED) : `${name}-${Math.floor(random() * 5)}`;
  const owner = { instanceId: 'proof', organizationId };
  const given: CommandInput = oneOf([
    { type: 'add', policy: freshInstance },
    { type: 'removeMultiFactor', factor: 'U2F_WITH_VERIFICATION' },
    { type: 'addMultiFactor', factor: 'U2F_WITH_VERIFICATION' },
  ] as const);
  const answer = await again(() => policies.execute(owner, given, { actor: name, idempotencyKey: key }));
  if (answer.outcome === 'rejected') return undefined;
  const { details, position } = answer;
  return { key, organizationId, sequence: details.sequence.toString(), position: positionToString(position) };
}

/** Reads what was acknowledged, or something later. */
async function demandRead({ organizationId, sequence, position }: Acknowledgement): Promise<void> {
  const options = { ...patient, atLeast: parsePosition(position) };
  const { policy } = orThrow(await again(() => policies.policy({ instanceId: 'proof', organizationId }, options)));
  if (policy.details.sequence < BigInt(sequence))
    throw new Error(`${organizationId} was read at ${policy.details.sequence} after ${sequence} was acknowledged`);
}

/** Another process that was frozen may hold the store for a while. */
async function again<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (caught) {
      const isTemporary = isFault(caught) && (caught.retryable || isFault(caught, 'outcome-unknown'));
      if (!isTemporary || attempt === 20) throw caught;
    }
  }
}

function oneOf<Choice>(choices: readonly [Choice, ...Choice[]] | readonly Choice[]): Choice {
  const chosen = choices[Math.floor(random() * choices.length)];
  if (chosen === undefined) throw new RangeError('there is nothing to choose from');
  return chosen;
}
