import { deepFrozen } from '@login-policy/event-sourcing';
import {
  orThrow,
  RejectedError,
  type CommandInput,
  type LoginPolicies,
  type LoginPolicyView,
  type LoginSettingsView,
  type OwnerRef,
  type PolicyChange,
} from '../index.js';
import { previewCommand } from '../preview/index.js';
import type { RolloutCommand } from '../rollout/index.js';
import {
  ACKNOWLEDGED_BY_NAME,
  isOrganization,
  parseOwner,
  type LifetimeName,
  type Lifetimes,
  type LoginSettings,
  type PolicyFound,
  type SettingPath,
  type SignInPolicy,
  type SignInRules,
} from '../model.js';

/** The policy whose last event was this one, of an owner or of the instance behind it; `undefined` if there is none. */
export type PolicyThen = (owner: OwnerRef, eventId: string) => Promise<SignInPolicy | undefined>;

/** The policy that an owner's users would meet. */
export type PolicyProposed = (owner: OwnerRef) => Promise<SignInPolicy>;

/** A change to look back with: the steps of a plan, or one command for all policies of an instance (a rollout). */
export type ProposedChange =
  | { readonly steps: readonly { readonly owner: OwnerRef; readonly command: CommandInput }[] }
  | { readonly everywhere: RolloutCommand };

/** The policies as they were, from their events. */
export function policiesThen(policies: Pick<LoginPolicies, 'history' | 'policy'>): PolicyThen {
  demandPolicies('policiesThen', policies);
  const streams = new Map<string, Sequences>();
  const found = new Map<string, Promise<SignInPolicy | undefined>>();
  const sequencesOf = (owner: OwnerRef): Sequences => {
    const known = streams.get(nameOf(owner)) ?? { owner, of: new Map<string, bigint>(), last: 0n };
    streams.set(nameOf(owner), known);
    return known;
  };
  const endedWith = async (owner: OwnerRef, eventId: string, sequence: bigint): Promise<SignInPolicy | undefined> => {
    const answer = await policies.policy(owner, { asOf: { sequence } });
    // An event within an append was nobody's last one.
    return answer.outcome === 'found' && answer.policy.eventId === eventId ? answer : undefined;
  };
  return async (given, eventId) => {
    const owner = parseOwner(given, 'owner');
    const { instanceId } = owner;
    const both = [{ instanceId }, ...(isOrganization(owner) ? [owner] : [])].map(sequencesOf);
    // The end of a long stream takes its time, so the shorter one is read on first.
    const [shorter, longer] = both.toSorted((one, other) => Number(one.last - other.last));
    for (const one of [shorter, longer]) {
      if (one === undefined || both.some(({ of }) => of.has(eventId))) break;
      await readOn(one, policies);
    }
    const known = both.find(({ of }) => of.has(eventId));
    const sequence = known?.of.get(eventId);
    if (known === undefined || sequence === undefined) return undefined;
    return once(found, eventId, () => endedWith(known.owner, eventId, sequence));
  };
}

const EVENTS_PER_PAGE = 10_000;

/** The sequences of a policy's events, up to the last one that was read. */
interface Sequences {
  readonly owner: OwnerRef;
  readonly of: Map<string, bigint>;
  last: bigint;
}

/** Reads the events that came since: a policy may be changed while records of its sign-ins are looked through. */
async function readOn(known: Sequences, policies: Pick<LoginPolicies, 'history'>): Promise<void> {
  for (;;) {
    const page = { fromSequence: known.last + 1n, limit: EVENTS_PER_PAGE };
    const { entries, lastSequence } = orThrow(await policies.history(known.owner, page));
    for (const { eventId, sequence } of entries) known.of.set(eventId, sequence);
    known.last = entries.at(-1)?.sequence ?? lastSequence;
    if (known.last >= lastSequence) return;
  }
}

/**
 * The policies as they would be after a change, by its preview: nothing is written. A step that would be refused
 * rejects; of a change everywhere, it leaves that custom policy as it is.
 *
 * @throws TypeError for login policies that were not opened, or a change of another form.
 */
export function policiesAfter(policies: LoginPolicies, change: ProposedChange): PolicyProposed {
  demandPolicies('policiesAfter', policies);
  if (!isChange(change)) throw new TypeError('policiesAfter: the change must be { steps } or { everywhere }.');
  const known = new Map<string, Promise<SignInRules>>();
  const after = (owner: OwnerRef): Promise<SignInRules> => once(known, nameOf(owner), () => wouldBe(owner));
  const wouldBe = async (owner: OwnerRef): Promise<SignInRules> => {
    const answer = orThrow(await (isOrganization(owner) ? policies.effectivePolicy(owner) : policies.policy(owner)));
    const step = stepOn(owner, answer.policy, change);
    if (step !== undefined) return previewed(policies, { owner, answer, step, change });
    return isOrganization(owner) && answer.policy.isDefault ? after({ instanceId: owner.instanceId }) : answer.policy;
  };
  return async (owner) => after(parseOwner(owner, 'owner'));
}

/** The command on an owner's own policy. A change everywhere has one for each policy that there is. */
function stepOn(owner: OwnerRef, { isDefault }: LoginPolicyView, change: ProposedChange): CommandInput | undefined {
  if ('everywhere' in change) return isOrganization(owner) && isDefault ? undefined : change.everywhere;
  return change.steps.find((step) => nameOf(step.owner) === nameOf(owner))?.command;
}

interface ToPreview {
  readonly owner: OwnerRef;
  readonly answer: PolicyFound;
  readonly step: CommandInput;
  readonly change: ProposedChange;
}

const EVERYTHING = [...ACKNOWLEDGED_BY_NAME, { lockedOut: Number.MAX_SAFE_INTEGER }];

async function previewed(
  policies: LoginPolicies,
  { answer: { policy, seen }, change, owner, step }: ToPreview,
): Promise<SignInRules> {
  const byDefault = isOrganization(owner) ? commandOnDefault(change) : undefined;
  const preview = await previewCommand(policies, owner, step, {
    acknowledge: EVERYTHING,
    ...(seen !== undefined && { ifSeen: seen }),
    ...(byDefault !== undefined && { beside: { byDefault } }),
  });
  if (preview.outcome === 'found') return changed(policy, preview.changes);
  if ('everywhere' in change && preview.rejection.reason !== 'changed-since') return policy;
  throw new RejectedError(preview);
}

/** The command of the same plan on the default policy, which a custom policy may be removed for or copied from. */
function commandOnDefault(change: ProposedChange): CommandInput | undefined {
  return 'steps' in change ? change.steps.find(({ owner }) => !isOrganization(owner))?.command : undefined;
}

/** The rules of a policy after its changes; frozen, because they judge many sign-ins. */
function changed(
  { identityProviders, multiFactors, secondFactors, settings }: LoginPolicyView,
  changes: readonly PolicyChange[],
): SignInRules {
  const start = {
    settings: { ...settings, lifetimes: textsOf(settings) },
    secondFactors,
    multiFactors,
    identityProviders,
  };
  return deepFrozen(changes.reduce(withChange, start));
}

type Rules = SignInRules & { readonly settings: LoginSettings };

function withChange(rules: Rules, change: PolicyChange): Rules {
  switch (change.what) {
    case 'policy':
      return rules;
    case 'setting':
      return { ...rules, settings: withSetting(rules.settings, change.setting, change.after) };
    case 'second-factor':
      return { ...rules, secondFactors: listAfter(rules.secondFactors, change.factor, change.step) };
    case 'multi-factor':
      return { ...rules, multiFactors: listAfter(rules.multiFactors, change.factor, change.step) };
    case 'identity-provider': {
      const { identityProvider: one, step } = change;
      const others = rules.identityProviders.filter(
        ({ id, ownerType }) => id !== one.id || ownerType !== one.ownerType,
      );
      return { ...rules, identityProviders: step === 'added' ? [...others, one] : others };
    }
  }
}

function withSetting(settings: LoginSettings, path: SettingPath, value: boolean | string | undefined): LoginSettings {
  const [, lifetime] = path.split('lifetimes.');
  if (lifetime === undefined) return { ...settings, [path]: value };
  return { ...settings, lifetimes: { ...settings.lifetimes, [lifetime]: value } };
}

function listAfter<Item>(items: readonly Item[], item: Item, step: 'added' | 'removed'): readonly Item[] {
  return step === 'added' ? [...items, item] : items.filter((one) => one !== item);
}

function textsOf({ lifetimes }: LoginSettingsView): Lifetimes {
  const text = (name: LifetimeName): string => lifetimes[name].toISO() ?? '';
  return {
    passwordCheck: text('passwordCheck'),
    externalLoginCheck: text('externalLoginCheck'),
    mfaInitSkip: text('mfaInitSkip'),
    secondFactorCheck: text('secondFactorCheck'),
    multiFactorCheck: text('multiFactorCheck'),
  };
}

function demandPolicies(call: string, policies: Pick<LoginPolicies, 'policy'>): void {
  if (typeof policies?.policy !== 'function')
    throw new TypeError(`${call}: policies must be what openLoginPolicies returned.`);
}

function isChange(change: unknown): boolean {
  if (typeof change !== 'object' || change === null) return false;
  return 'everywhere' in change || ('steps' in change && Array.isArray(change.steps));
}

function nameOf(owner: OwnerRef): string {
  return JSON.stringify(isOrganization(owner) ? [owner.instanceId, owner.organizationId] : [owner.instanceId]);
}

/** What is known by a name, or is found out now. A failure is not remembered. */
function once<Value>(known: Map<string, Promise<Value>>, name: string, find: () => Promise<Value>): Promise<Value> {
  const before = known.get(name);
  if (before !== undefined) return before;
  const finding = find();
  known.set(name, finding);
  finding.catch(() => known.delete(name));
  return finding;
}
