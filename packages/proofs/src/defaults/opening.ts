/**
 * One of three processes that use a store at the same time with the README's code. It must read everything the others
 * report.
 *
 * Usage: node opening.js URL NUMBER ROUNDS SEED
 */
import { defaultSettings, openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import { isFault, parsePosition, positionToString, type Position, type Store } from '@login-policy/event-sourcing';
import { openStore } from '../open-store.js';
import { randomFrom } from '../proof.js';

/** A message to the other processes: this organization is at this sequence, at this position. */
export interface Written {
  readonly organizationId: string;
  readonly sequence: string;
  readonly position: string;
}

const [url = '', number = '', rounds = '', seed = ''] = process.argv.slice(2);
const random = randomFrom(Number(seed) + Number(number) * 7919);
const instance = { instanceId: 'proof' };
const by = { actor: `process-${number}` };
const strict = {
  settings: { ...defaultSettings, forceMfa: true },
  secondFactors: ['TOTP', 'U2F'],
  multiFactors: ['U2F_WITH_VERIFICATION'],
  identityProviders: [{ id: 'idp', ownerType: 'SYSTEM' }],
} as const;
const patient = { waitMs: 30_000 };
const COMMANDS = ['add', 'removeMultiFactor', 'addMultiFactor', 'removeMultiFactor'] as const;
const reported: Written[] = [];
let reads = 0;

process.on('message', (written: Written) => reported.push(written));

function organization(organizationId: string): { readonly instanceId: string; readonly organizationId: string } {
  return { ...instance, organizationId };
}

/** Reads what was written by any process, and never a default instead. */
async function demandRead(policies: LoginPolicies, { organizationId, sequence, position }: Written): Promise<void> {
  const atLeast: Position = parsePosition(position);
  const { policy } = orThrow(await policies.effectivePolicy(organization(organizationId), { ...patient, atLeast }));
  reads += 1;
  const isWhole =
    policy.settings.forceMfa && policy.identityProviders.length === 1 && policy.secondFactors.length === 2;
  if (policy.isDefault || !isWhole) throw new Error(`half of a command, or the default, was read of ${organizationId}`);
  if (policy.details.sequence < BigInt(sequence)) {
    throw new Error(`${organizationId} was read at ${policy.details.sequence}, and ${sequence} was acknowledged`);
  }
}

async function write(policies: LoginPolicies, round: number): Promise<Written> {
  const organizationId = `${number}-${Math.floor(round / 4)}`;
  const owner = organization(organizationId);
  const command = COMMANDS[round % COMMANDS.length] ?? 'removeMultiFactor';
  const answer =
    command === 'add'
      ? await policies.add(owner, strict, by)
      : await policies[command](owner, 'U2F_WITH_VERIFICATION', by);
  const { details, position } = orThrow(answer);
  return { organizationId, sequence: details.sequence.toString(), position: positionToString(position) };
}

async function rebuild(policies: LoginPolicies): Promise<void> {
  try {
    await policies.readModel.rebuild();
  } catch (caught) {
    // Another process may have begun a rebuild, which then counts.
    if (!isFault(caught, 'rebuild-superseded')) throw caught;
  }
}

let store: Store = await openStore(url);
let policies = await openLoginPolicies({ store });
for (let round = 0; round < Number(rounds); round++) {
  const written = await write(policies, round);
  process.send?.(written);
  await demandRead(policies, written);
  for (const other of reported.splice(0)) await demandRead(policies, other);
  const chance = random();
  if (chance < 0.02) await rebuild(policies);
  if (chance > 0.95) {
    await policies.close();
    await store.close();
    store = await openStore(url);
    policies = await openLoginPolicies({ store });
  }
}
if (policies.readModel.state.is === 'stopped') throw new Error('its read model has stopped');
await policies.close();
await store.close();
process.send?.({ reads });
process.disconnect();
