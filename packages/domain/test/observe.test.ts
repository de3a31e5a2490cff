import { describe, it } from 'mocha';
import { expect } from 'chai';
import { freshInstance, openLoginPolicies, orThrow } from '@login-policy/domain';
import { rollOut } from '@login-policy/domain/rollout';
import { Fault, type Observation, openMemoryStore } from '@login-policy/event-sourcing';

const instance = { instanceId: '1' };
const factor = { type: 'removeMultiFactor', factor: 'U2F_WITH_VERIFICATION' } as const;
const by = { actor: 'a' };

async function open(observe: (observation: Observation) => void) {
  const store = openMemoryStore();
  return { policies: await openLoginPolicies({ store, observe }), store };
}

/** What was told, without its times. */
function told(seen: readonly Observation[]): readonly object[] {
  return seen.map((observation) => ({ ...observation, ...('durationMs' in observation && { durationMs: undefined }) }));
}

describe('an observer of the login policies', () => {
  it('receives each call, decision and append', async () => {
    const seen: Observation[] = [];
    const { policies } = await open((observation) => seen.push(observation));
    orThrow(await policies.add(instance, freshInstance, by));
    orThrow(await policies.policy(instance));
    const streamId = 'instanceLoginPolicy-1';
    expect(told(seen)).to.deep.equal([
      { type: 'decision', streamId, outcome: 'accepted', events: 4 },
      { type: 'append', streamId, events: 4, durationMs: undefined, outcome: 'written' },
      { type: 'call', call: 'add', outcome: 'answered', durationMs: undefined },
      { type: 'call', call: 'policy', outcome: 'answered', durationMs: undefined },
    ]);
    for (const observation of seen) {
      if ('durationMs' in observation) expect(observation.durationMs).to.be.at.least(0);
    }
  });

  it('receives no decision of a plan or a report, however many policies they are about', async () => {
    const seen: Observation[] = [];
    const { policies } = await open((observation) => seen.push(observation));
    orThrow(await policies.add(instance, freshInstance, by));
    const rollout = rollOut(policies, instance, factor, { ...by, id: 'advisory-1' });
    orThrow(await rollout.plan());
    orThrow(await rollout.report());
    const calls = seen.map((one) => ('call' in one ? one.call : one.type));
    expect(calls.slice(3)).to.deep.equal(['rollOut.plan', 'rollOut.report']);
  });

  it('receives refusals, conflicts and errors', async () => {
    const seen: Observation[] = [];
    const { policies, store } = await open((observation) => seen.push(observation));
    orThrow(await policies.add(instance, freshInstance, by));
    const append = store.eventStore.append.bind(store.eventStore);
    let conflicts = 1;
    store.eventStore.append = async (given) => {
      if (conflicts-- <= 0) return append(given);
      throw new Fault('revision-conflict', { streamId: given.streamId, expected: given.expected, actual: undefined });
    };
    orThrow(await policies.execute(instance, factor, by));
    await policies.execute(instance, factor, by);
    store.eventStore.append = () => Promise.reject(new Error('away'));
    const adding = { type: 'addMultiFactor', factor: 'U2F_WITH_VERIFICATION' } as const;
    await policies.execute(instance, adding, by).catch(() => undefined);
    // A name that a stranger chose must not become one that is counted.
    await policies.execute(instance, JSON.parse('{"type":"made-up"}'), by);
    const ends = seen.flatMap((one) =>
      'outcome' in one ? [`${'call' in one ? one.call : one.type} ${one.outcome}`] : [],
    );
    expect(ends.slice(3)).to.deep.equal([
      ...['decision accepted', 'append conflict', 'decision accepted', 'append written', 'removeMultiFactor answered'],
      ...['decision rejected', 'decision rejected', 'removeMultiFactor rejected'],
      ...['decision accepted', 'append failed', 'addMultiFactor failed', 'execute rejected'],
    ]);
  });

  it('does not affect answers by its errors', async () => {
    const { policies } = await open(() => {
      throw new Error('the observer is broken');
    });
    orThrow(await policies.add(instance, freshInstance, by));
    const { policy } = orThrow(await policies.policy(instance));
    expect(policy.details.sequence).to.equal(4n);
  });
});
