import {
  freshInstance,
  openLoginPolicies,
  orThrow,
  type LoginPolicies,
  type LoginPoliciesOptions,
} from '@login-policy/domain';
import { instant, openMemoryStore, type Clock, type Store } from '@login-policy/event-sourcing';
import {
  openProposals,
  type ProposalAnswer,
  type ProposalNow,
  type Proposals,
  type ProposalsOptions,
  type ProposalView,
} from '@login-policy/proposals';
import { settableClock, type SettableClock } from '@login-policy/testkit';
import { after as atTheEnd } from 'mocha';
import { openStoreAt } from './opened.js';
import { KINDS, TestStores } from './test-stores.js';

export const INSTANCE = { instanceId: 'iam' };
export const ACME = { ...INSTANCE, organizationId: 'acme' };
export const NO_SMS = { type: 'removeSecondFactor', factor: 'OTP_SMS' } as const;
export const BEGIN = '2027-01-01T00:00:00.000Z';

/** Policies and proposals of a store, with a clock to set. */
export interface Bench {
  readonly clock: SettableClock;
  readonly store: Store;
  readonly policies: LoginPolicies;
  readonly proposals: Proposals;
}

const opened: (() => Promise<void>)[] = [];
/** `npm run proofs -- proposals` runs the tests on other kinds of store. */
const wanted = process.env['PROPOSALS_ON'];
const kind = KINDS.find((name) => name === wanted);
if (wanted !== kind) throw new RangeError(`PROPOSALS_ON is ${wanted}, not one of ${KINDS.join(', ')}`);
let stores: Promise<TestStores> | undefined;
atTheEnd(async () => (await stores)?.stop());

async function openStore(clock: Clock): Promise<Store> {
  if (kind === undefined) return openMemoryStore({ clock });
  return openStoreAt((await (stores ??= TestStores.start(kind))).unused, clock);
}

/** Opens a bench, in memory: a default policy with TOTP, U2F and OTP_SMS. */
export async function openBench(
  options: Partial<ProposalsOptions> = {},
  ofPolicies: Partial<LoginPoliciesOptions> = {},
): Promise<Bench> {
  const clock = settableClock(BEGIN);
  const store = await openStore(clock);
  opened.push(() => store.close());
  const policies = await openLoginPolicies({ store, guard: 'refuse', ...ofPolicies });
  opened.push(() => policies.close());
  const policy = { ...freshInstance, secondFactors: ['TOTP', 'U2F', 'OTP_SMS'] as const };
  orThrow(await policies.add(INSTANCE, policy, { actor: 'setup' }));
  const proposals = await openProposals({ store, loginPolicies: policies, mayApprove: () => true, ...options });
  opened.push(() => proposals.close());
  return { clock, store, policies, proposals };
}

/** Closes what was opened, last first: after each test. */
export async function closeBenches(): Promise<void> {
  for (const close of opened.splice(0).toReversed()) await close();
}

/** The `seen` of the default policy now. */
export async function seenNow({ policies }: Pick<Bench, 'policies'>): Promise<string> {
  return orThrow(await policies.policy(INSTANCE)).seen ?? '';
}

/** The accepted answer, or an error with the refusal. */
export function accepted(answer: ProposalAnswer): Extract<ProposalAnswer, { readonly outcome: 'accepted' }> {
  if (answer.outcome === 'accepted') return answer;
  throw new Error(`refused: ${answer.message}`);
}

/** The reason of a refusal; `undefined` for anything else. */
export function reasonOf(answer: {
  readonly outcome: string;
  readonly rejection?: { readonly reason: string };
}): string {
  return answer.rejection?.reason ?? answer.outcome;
}

/** ISO text of an instant so long after the bench began. */
export function after(ms: number): string {
  return new Date(instant(Date.parse(BEGIN) + ms)).toISOString();
}

export const HOUR = 3_600_000;

/** Proposes to remove OTP_SMS from the default policy, in the name of ann. Returns the id. */
export async function proposeNoSms(bench: Bench, options: object = {}): Promise<string> {
  const change = { type: 'command', owner: INSTANCE, command: NO_SMS, seen: await seenNow(bench) } as const;
  const by = { actor: 'ann', reason: 'SMS codes are phished', ...options };
  return accepted(await bench.proposals.propose(INSTANCE, change, by)).proposal.id;
}

/** What an open proposal would do now. */
export async function lookedAt({ proposals }: Pick<Bench, 'proposals'>, id: string): Promise<ProposalNow> {
  const found = await proposals.proposal(INSTANCE, id);
  if (found.outcome === 'rejected') throw new Error(found.message);
  if (found.now === undefined || 'outcome' in found.now) throw new Error(`not open: ${JSON.stringify(found)}`);
  return found.now;
}

/** Looks at a proposal and approves it. */
export async function approveBy(bench: Bench, actor: string, id: string): Promise<ProposalAnswer> {
  const { seen } = await lookedAt(bench, id);
  return bench.proposals.approve(INSTANCE, id, { actor, seen });
}

/** The second factors of the default policy. */
export async function secondFactors({ policies }: Pick<Bench, 'policies'>): Promise<readonly string[]> {
  return orThrow(await policies.policy(INSTANCE)).policy.secondFactors;
}

/** The proposals that one look brought forward, and what threw. */
export async function due({ proposals }: Pick<Bench, 'proposals'>): Promise<readonly ProposalView[]> {
  const { advanced, failures } = await proposals.carryOutDue();
  for (const { error } of failures) throw error;
  return advanced;
}

/** Proposes to forbid text messages, and approves it. */
export async function approvedNoSms(bench: Bench, options: object): Promise<string> {
  const id = await proposeNoSms(bench, options);
  accepted(await approveBy(bench, 'bob', id));
  return id;
}
