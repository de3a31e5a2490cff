import { openLoginPolicies, orThrow } from '@login-policy/domain';
import type { Owner } from '@login-policy/domain/model';
import { rollOut } from '@login-policy/domain/rollout';
import { Fault, monotonicIds, openMemoryStore, revision, type Store, streamId } from '@login-policy/event-sourcing';
import { delegating } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  acme,
  by,
  countEvents,
  globex,
  instance,
  INSTANCE_STREAM,
  openDesk,
  PASSKEY,
  rejectionOf,
} from './policies.js';
import { advisory, factorsOf, failureOf, last, nameOf, removal, seed } from './rolling-out.js';

async function recordUnreadable(store: Store, organizationId: string): Promise<void> {
  const event = { id: monotonicIds()(), type: 'FromTheFuture', schemaVersion: 1, data: {} };
  const stream = streamId('organizationLoginPolicy', `${instance.instanceId}/${organizationId}`);
  const metadata = { actor: 'a', correlationId: 'c' };
  await store.eventStore.append({ streamId: stream, expected: 'any', events: [{ ...event, metadata }] });
}

describe('a rollout', () => {
  it('is planned by page: the effect on each policy, the default first, without a write', async () => {
    const { loginPolicies, store } = await openDesk();
    await seed(loginPolicies);
    const written = await countEvents(store);
    const rollout = rollOut(loginPolicies, instance, removal, advisory);
    const first = orThrow(await rollout.plan({ limit: 1 }));
    expect(first.steps.map(({ owner, outcome }) => [nameOf(owner), outcome])).to.deep.equal([
      ['the default', 'would-change'],
      ['acme', 'would-change'],
    ]);
    expect([first.total, first.next]).to.deep.equal([4, 'acme']);
    const rest = orThrow(await rollout.plan({ after: first.next ?? '' }));
    expect(rest.steps.map(({ owner, outcome }) => [nameOf(owner), outcome])).to.deep.equal([
      ['globex', 'would-change'],
      ['initech', 'nothing-to-do'],
    ]);
    expect([rest.total, rest.next]).to.deep.equal([undefined, undefined]);
    expect(rest.counts).to.deep.equal({ 'would-change': 1, 'nothing-to-do': 1, 'would-be-refused': 0 });
    expect(await countEvents(store)).to.equal(written);
    await loginPolicies.close();
  });

  it('leaves the event loop to others while it is planned and carried out', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    for (let number = 0; number < 300; number++)
      orThrow(await loginPolicies.add({ ...instance, organizationId: `o-${number}` }, {}, by));
    let [turns, isOver] = [0, false];
    const count = (): void => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const rollout = rollOut(loginPolicies, instance, removal, advisory);
    orThrow(await rollout.plan({ limit: 1000 }));
    expect(turns, 'a plan').to.be.at.least(4);
    turns = 0;
    await last(rollout.carryOut());
    isOver = true;
    expect(turns, 'a run').to.be.at.least(4);
    await loginPolicies.close();
  });

  it('changes the default and every custom policy in its scope once, however often it is carried out', async () => {
    const { loginPolicies, store } = await openDesk();
    await seed(loginPolicies);
    const rollout = rollOut(loginPolicies, instance, removal, advisory);
    expect(await last(rollout.carryOut())).to.include({ done: 4, of: 4, changed: 3, refused: 0 });
    for (const owner of [instance, acme, globex]) expect(await factorsOf(loginPolicies, owner)).to.deep.equal([]);
    const { entries } = orThrow(await loginPolicies.history(acme, { direction: 'backwards', limit: 1 }));
    expect(entries[0]).to.include({ correlationId: advisory.id, reason: advisory.reason, actor: by.actor });
    const written = await countEvents(store);
    orThrow(await loginPolicies.addMultiFactor(globex, PASSKEY, by));
    expect(await last(rollout.carryOut())).to.include({ done: 4, changed: 0, refused: 0 });
    expect(await countEvents(store)).to.equal(written + 1);
    expect(orThrow(await rollout.report())).to.deep.include({ changed: 3, unchanged: 1, pending: 0, refused: [] });
    expect(orThrow(await rollout.report()).stillAllowing).to.equal(1);
    await loginPolicies.close();
  });

  it('is reported from events alone, by any process', async () => {
    const { loginPolicies, store } = await openDesk();
    await seed(loginPolicies);
    for await (const { done } of rollOut(loginPolicies, instance, removal, advisory).carryOut()) if (done === 1) break;
    const other = await openLoginPolicies({ store });
    const elsewhere = rollOut(other, instance, removal, { ...advisory, actor: 'bob' });
    const report = orThrow(await elsewhere.report());
    expect(report).to.deep.equal({
      outcome: 'found',
      kind: 'rollout-report',
      changed: 1,
      unchanged: 1,
      pending: 2,
      refused: [],
      stillAllowing: 2,
    });
    expect(await last(elsewhere.carryOut())).to.include({ done: 4, changed: 2 });
    expect(orThrow(await elsewhere.report())).to.include({ changed: 3, pending: 0, stillAllowing: 0 });
    await Promise.all([loginPolicies.close(), other.close()]);
  });

  it('ends when its signal fires, with the progress so far', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    const stop = new AbortController();
    const rollout = rollOut(loginPolicies, instance, removal, advisory);
    for await (const { done } of rollout.carryOut({ signal: stop.signal })) {
      stop.abort();
      expect(done).to.equal(1);
    }
    expect(orThrow(await rollout.report())).to.include({ changed: 1, pending: 2 });
    await loginPolicies.close();
  });

  it('ends when its signal fires while a hook hangs, and changes no policy after that', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    const stop = new AbortController();
    const mayChange = (owner: Owner): Promise<boolean> => {
      if (nameOf(owner) === 'the default') return Promise.resolve(true);
      stop.abort();
      return new Promise(() => undefined);
    };
    const rollout = rollOut(loginPolicies, instance, removal, { ...advisory, mayChange });
    expect(await last(rollout.carryOut({ signal: stop.signal }))).to.deep.include({ done: 1, changed: 1, all: [] });
    const report = orThrow(await rollOut(loginPolicies, instance, removal, advisory).report());
    expect(report).to.include({ changed: 1, pending: 2 });
    await loginPolicies.close();
  });

  it('lists policies that are forbidden, unreadable or refused, and changes all others', async () => {
    const { loginPolicies, store } = await openDesk({ guard: 'refuse' });
    await seed(loginPolicies);
    const stuck = { settings: { forceMfa: true }, multiFactors: [PASSKEY] } as const;
    const hooli = { ...instance, organizationId: 'hooli' };
    orThrow(
      await loginPolicies.add(hooli, { ...stuck, settings: { ...stuck.settings, passwordlessType: 'ALLOWED' } }, by),
    );
    await recordUnreadable(store, 'globex');
    const mayChange = (owner: Owner): boolean => nameOf(owner) !== 'acme';
    const rollout = rollOut(loginPolicies, instance, removal, { ...advisory, mayChange });
    const wanted = ['acme: not-permitted', 'globex: written-by-newer-program', 'hooli: would-lock-out'];
    const { steps } = orThrow(await rollout.plan());
    const refused = steps.flatMap((step) => (step.outcome === 'would-be-refused' ? [step.refusal] : []));
    expect(refused.map(({ owner, reason }) => `${nameOf(owner)}: ${reason}`)).to.deep.equal(wanted);
    const done = await last(rollout.carryOut());
    expect([done.changed, done.refused, [...done.all].sort()]).to.deep.equal([1, 3, wanted]);
    const report = orThrow(await rollout.report());
    expect([report.changed, report.unchanged, report.pending, report.refused.length]).to.deep.equal([1, 1, 0, 3]);
    await loginPolicies.close();
  });

  it('goes on to the custom policies where the default policy is unreadable', async () => {
    const memory = openMemoryStore();
    const eventStore = delegating(memory.eventStore, {
      append: (append) => {
        if (append.streamId !== INSTANCE_STREAM || !isUnreadable) return memory.eventStore.append(append);
        const facts = {
          streamId: INSTANCE_STREAM,
          revision: revision(0),
          type: 'x',
          schemaVersion: 1,
          problem: 'half',
        };
        return Promise.reject(new Fault('unreadable-event', facts));
      },
    });
    let isUnreadable = false;
    const { loginPolicies } = await openDesk({ store: { ...memory, eventStore } });
    await seed(loginPolicies);
    isUnreadable = true;
    const done = await last(rollOut(loginPolicies, instance, removal, advisory).carryOut());
    expect(done).to.deep.include({ done: 4, changed: 2, all: ['the default: unreadable-event'] });
    await loginPolicies.close();
  });

  it('reverts each policy to the state before its event, except for those changed since', async () => {
    const { loginPolicies, store } = await openDesk();
    await seed(loginPolicies);
    const rollout = rollOut(loginPolicies, instance, removal, advisory);
    await last(rollout.carryOut());
    orThrow(await loginPolicies.addSecondFactor(globex, 'U2F', by));
    const reverted = await last(rollout.revert({ actor: 'bob', reason: 'a false alarm' }));
    expect(reverted).to.include({ done: 4, changed: 2, refused: 1 });
    expect(reverted.all).to.deep.equal(['globex: sequence-not-current']);
    for (const owner of [instance, acme]) expect(await factorsOf(loginPolicies, owner)).to.deep.equal([PASSKEY]);
    expect(await factorsOf(loginPolicies, globex)).to.deep.equal([]);
    const written = await countEvents(store);
    expect(await last(rollout.revert({ actor: 'bob' }))).to.include({ changed: 0, refused: 1 });
    expect(await countEvents(store)).to.equal(written);
    await loginPolicies.close();
  });

  it('refuses malformed input, and an id that was used for another command', async () => {
    const { loginPolicies } = await openDesk();
    await seed(loginPolicies);
    await last(rollOut(loginPolicies, instance, removal, advisory).carryOut());
    const other = rollOut(loginPolicies, instance, { type: 'addSecondFactor', factor: 'U2F' }, advisory);
    expect(await failureOf(last(other.carryOut()))).to.equal('idempotency-key-reused');
    for (const command of [{ type: 'remove' }, { type: 'customize' }, { type: 'removeMultiFactor', factor: 'X' }]) {
      const given: typeof removal = JSON.parse(JSON.stringify(command));
      const rejection = rejectionOf(await rollOut(loginPolicies, instance, given, advisory).plan());
      expect(rejection.reason).to.equal('invalid-argument');
    }
    const long = rollOut(loginPolicies, instance, removal, { ...advisory, id: 'x'.repeat(181) });
    expect(rejectionOf(await long.report())).to.include({ field: 'options.id' });
    const wide = rollOut(loginPolicies, instance, removal, advisory).carryOut({ concurrency: 0 });
    expect(await failureOf(last(wide))).to.equal('invalid-argument');
    await loginPolicies.close();
  });

  it('includes policies that are added meanwhile, and two concurrent runs change each policy once', async () => {
    const { loginPolicies, store } = await openDesk();
    orThrow(await loginPolicies.add(instance, { multiFactors: [PASSKEY] }, by));
    const owners = Array.from({ length: 600 }, (_, number) => ({ ...instance, organizationId: `o-${number}` }));
    for (const owner of owners) orThrow(await loginPolicies.add(owner, { multiFactors: [PASSKEY] }, by));
    const others = await openLoginPolicies({ store });
    const runs = [
      rollOut(loginPolicies, instance, removal, advisory),
      rollOut(others, instance, removal, advisory),
      rollOut(others, instance, removal, { ...advisory, id: 'advisory-2' }),
    ];
    const meanwhile = async (): Promise<void> => {
      for (const owner of owners.slice(100, 200)) await loginPolicies.change(owner, { forceMfa: true }, by);
      for (const owner of owners.slice(200, 210)) await loginPolicies.remove(owner, by);
    };
    const done = await Promise.all([...runs.map((run) => last(run.carryOut())), meanwhile()]);
    expect(done.flatMap((progress) => progress?.all ?? [])).to.deep.equal([]);
    let removed = 0;
    for await (const page of store.eventStore.readAll())
      removed += page.filter(({ type }) => type === 'MultiFactorRemoved').length;
    expect(removed).to.be.within(591, 601);
    const report = orThrow(await rollOut(loginPolicies, instance, removal, advisory).report());
    expect([report.pending, report.stillAllowing]).to.deep.equal([0, 0]);
    await Promise.all([loginPolicies.close(), others.close()]);
  });
});
