import type { AsOf, LoginPolicyView, OwnerRef, PolicyChange } from '@login-policy/domain';
import { isOrganization, loginPolicyEvents, parseOwner, policyStream } from '@login-policy/domain/model';
import type { LoginPolicyEvent, LoginSettings } from '@login-policy/domain/model';
import { previewCommand } from '@login-policy/domain/preview';
import type { RecordedEvent } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { commandInputs } from './arbitraries.js';
import { acme, by, globex, instance, openDesk, PASSKEY, type Desk } from './policies.js';

/** What a policy holds: each setting with its value, each factor and provider, in the order in which it was added. */
type Held = ReadonlyMap<string, string>;

const OWNERS: readonly OwnerRef[] = [instance, acme, globex, { instanceId: 'other' }];

/** A policy folded as the specification says, not as the library does; `undefined` for none. */
function fold(events: readonly LoginPolicyEvent[], isDefault: boolean): Held | undefined {
  let held: Map<string, string> | undefined;
  for (const { data, type } of events) {
    if (type === 'LoginPolicyAdded') held = new Map();
    if (type === 'LoginPolicyRemoved') held = undefined;
    if ('settings' in data) for (const [name, value] of settingsIn(data.settings)) held?.set(name, value);
    if ('identityProvider' in data)
      held?.set(`provider ${data.identityProvider.id}`, isDefault ? 'SYSTEM' : data.identityProvider.ownerType);
    if ('factor' in data && type.endsWith('Added')) held?.set(`factor ${data.factor}`, 'on');
    if ('factor' in data && type.endsWith('Removed')) held?.delete(`factor ${data.factor}`);
    if ('id' in data) held?.delete(`provider ${data.id}`);
  }
  return held;
}

function settingsIn({
  lifetimes = {},
  ...settings
}: Partial<Omit<LoginSettings, 'lifetimes'>> & { lifetimes?: object }) {
  return [...Object.entries(settings), ...Object.entries(lifetimes)].map(
    ([name, value]) => [name, String(value)] as const,
  );
}

/** What an answer holds, in the same form. */
function heldBy({ identityProviders, multiFactors, secondFactors, settings }: LoginPolicyView): Held {
  return new Map([
    ...settingsIn(settings),
    ...[...secondFactors, ...multiFactors].map((factor) => [`factor ${factor}`, 'on'] as const),
    ...identityProviders.map(({ id, ownerType }) => [`provider ${id}`, ownerType] as const),
  ]);
}

/** The names of what differs. */
function differing(before: Held = new Map(), after: Held = new Map()): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .sort();
}

function namesIn(changes: readonly PolicyChange[]): readonly string[] {
  const names = changes.flatMap((change) => {
    if (change.what === 'policy') return [];
    if (change.what === 'setting') return [change.setting.replace('lifetimes.', '')];
    return ['factor' in change ? `factor ${change.factor}` : `provider ${change.identityProvider.id}`];
  });
  return [...new Set(names)].sort();
}

/** The effective policy of an owner after some events of all policies. */
function effective(log: readonly RecordedEvent[], owner: OwnerRef): Held | undefined {
  const own = log.filter(({ streamId }) => streamId === policyStream(parseOwner(owner, 'owner')));
  const held = fold(
    own.map((event) => loginPolicyEvents.decode(event)),
    !isOrganization(owner),
  );
  return held === undefined && isOrganization(owner) ? effective(log, { instanceId: owner.instanceId }) : held;
}

async function logOf({ store }: Desk): Promise<readonly RecordedEvent[]> {
  const log: RecordedEvent[] = [];
  for await (const page of store.eventStore.readAll()) log.push(...page);
  return log;
}

async function read(
  { loginPolicies }: Desk,
  owner: OwnerRef,
  options: { readonly asOf?: AsOf } = {},
): Promise<Held | undefined> {
  const answer = await (isOrganization(owner)
    ? loginPolicies.effectivePolicy(owner, options)
    : loginPolicies.policy(owner, options));
  return answer.outcome === 'found' ? heldBy(answer.policy) : undefined;
}

/** Factors and providers, each kind in the order in which it was added. */
function lists(held: Held = new Map()): readonly string[] {
  const items = [...held.keys()].filter((name) => name.includes(' ') && name !== `factor ${PASSKEY}`);
  return items.toSorted((one, other) => one.charCodeAt(0) - other.charCodeAt(0));
}

describe('for any commands on several policies', () => {
  const aLife = fc.array(fc.tuple(fc.constantFrom(...OWNERS), commandInputs), {
    minLength: 10,
    maxLength: 40,
    size: 'max',
  });

  it('the policies now and at every moment, what differs, and what previews say are those of a naive model', () =>
    fc.assert(
      fc.asyncProperty(aLife, async (life) => {
        const desk = await openDesk();
        const { loginPolicies } = desk;
        for (const owner of OWNERS) await loginPolicies.add(owner, { secondFactors: ['TOTP'] }, by);
        for (const [owner, command] of life) {
          const before = effective(await logOf(desk), owner);
          const preview = await previewCommand(loginPolicies, owner, command);
          expect((await loginPolicies.execute(owner, command, by)).outcome === 'accepted').to.equal(
            preview.outcome === 'found',
          );
          const changes = preview.outcome === 'found' ? preview.changes : [];
          expect(namesIn(changes)).to.deep.equal(differing(before, effective(await logOf(desk), owner)));
        }
        const log = await logOf(desk);
        for (const owner of OWNERS) {
          expect(await read(desk, owner)).to.deep.equal(effective(log, owner));
          for (const [index, { append = { place: 1, count: 1 }, position, recordedAt }] of log.entries()) {
            if (append.place < append.count) continue;
            const then = effective(log.slice(0, index + 1), owner);
            for (const asOf of [{ position }, { instant: new Date(recordedAt) }]) {
              const found = await read(desk, owner, { asOf });
              expect([found, lists(found)]).to.deep.equal([then, lists(then)]);
            }
            const span = { from: { position }, to: { position: log.at(-1)?.position ?? position } };
            const diff = await loginPolicies.diff(owner, span);
            if (diff.outcome === 'found')
              expect(namesIn(diff.changes)).to.deep.equal(differing(then, effective(log, owner)));
          }
        }
        await loginPolicies.close();
      }),
      { numRuns: 30 },
    ));
});
