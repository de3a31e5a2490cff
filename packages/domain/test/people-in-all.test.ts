import { freshInstance, orThrow, SECOND_FACTORS } from '@login-policy/domain';
import { affectedByPlan, affectedByRollout } from '@login-policy/domain/people';
import { previewCommand } from '@login-policy/domain/preview';
import { rollOut } from '@login-policy/domain/rollout';
import { monotonicIds } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { censusOf, openCounted, users } from './people-given.js';
import { acme, by, globex, instance, PASSKEY } from './policies.js';

describe('the users whom a rollout affects', () => {
  it('are summed over its plan, each user by the policy that they meet', async () => {
    const { policies: opened } = await openCounted(
      censusOf(
        users({ users: 2, administrators: 1 }),
        users({ organizationId: 'acme', users: 3 }),
        users({ organizationId: 'other', users: 5, factors: ['TOTP'] }),
      ),
    );
    orThrow(await opened.add(instance, freshInstance, by));
    orThrow(await opened.customize(acme, by));
    const forcing = { type: 'change', settings: { forceMfa: true } } as const;
    const rollout = rollOut(opened, instance, forcing, { ...by, id: 'forced' });
    const found = await affectedByRollout(rollout);
    expect(found).to.have.nested.property('hasToSetUp.users', 5);
    expect(found).to.have.nested.property('unchanged.users', 5);
    const { steps } = orThrow(await rollout.plan());
    const counted = steps.map((step) => step.outcome === 'would-change' && step.people);
    expect(counted).to.have.nested.property('[1].hasToSetUp.users', 3);
    await opened.close();
  });
});

describe('the users whom a plan affects', () => {
  it('are counted once each, by what they meet before any step and after all of them', async () => {
    const { policies: opened } = await openCounted(
      censusOf(
        users({ users: 2 }),
        users({ organizationId: 'acme', users: 3 }),
        users({ organizationId: 'globex', users: 5 }),
        users({ organizationId: 'other', users: 7 }),
      ),
    );
    orThrow(await opened.add(instance, freshInstance, by));
    orThrow(await opened.customize(globex, by));
    orThrow(await opened.change(globex, { allowRegister: false }, by));
    const forcing = { type: 'change', settings: { forceMfa: true } } as const;
    const found = await affectedByPlan(opened, [
      { owner: instance, command: forcing },
      // Gets a policy of its own that stays as it was, and one that gives its own up.
      { owner: acme, command: { type: 'set', policy: { settings: { forceMfa: false } } } },
      { owner: globex, command: { type: 'remove' } },
    ]);
    expect(found).to.have.nested.property('hasToSetUp.users', 2 + 5 + 7);
    expect(found).to.have.nested.property('lockedOut.users', 0);
    await opened.close();
  });
});

describe('the population', () => {
  it('says how many users sign in at which level by the policy that they meet now', async () => {
    const census = censusOf(
      users({ users: 1, administrators: 1, factors: [PASSKEY] }),
      users({ organizationId: 'acme', users: 2 }),
      users({ organizationId: 'acme', users: 3, factors: ['TOTP'] }),
      users({ organizationId: 'other', users: 4 }),
      users({ organizationId: 'other', users: 5, hasPassword: false }),
    );
    const { people, policies: opened } = await openCounted(census);
    orThrow(await opened.add(instance, freshInstance, by));
    orThrow(await opened.customize(acme, by));
    orThrow(await opened.change(acme, { forceMfa: true }, by));
    const found = await people.population(opened, instance);
    if ('unknown' in found) throw new Error(found.unknown);
    const numbers = Object.fromEntries(Object.entries(found).map(([verdict, { users: many }]) => [verdict, many]));
    expect(numbers).to.deep.equal({
      passkey: 1,
      'two-factors': 3,
      'one-factor': 4,
      'set-up': 2,
      'no-factor-left': 0,
      'no-way-to-sign-in': 5,
    });
    expect(found.passkey.administrators).to.equal(1);
    expect(await people.population(opened, acme)).to.have.nested.property('set-up.users', 2);
    await opened.close();
  });

  it('is unknown, with the reason, where the census is, and nobody gets in without a policy', async () => {
    const bad = await openCounted(() => {
      throw new Error('away');
    });
    expect(await bad.people.population(bad.policies, instance)).to.deep.equal({ unknown: 'away' });
    await bad.policies.close();
    const { people, policies: opened } = await openCounted(censusOf(users()));
    expect(await people.population(opened, acme)).to.have.nested.property('no-way-to-sign-in.users', 0);
    expect(await people.population(opened, instance)).to.have.nested.property('no-way-to-sign-in.users', 10);
    await opened.close();
  });
});

describe('a census of many organizations', () => {
  it('is counted in a few bytes a class', async () => {
    const [organizations, classes] = [20_000, 20];
    const shapes = Array.from({ length: classes }, (_, number) =>
      users({
        hasPassword: number % 2 === 0,
        factors: SECOND_FACTORS.slice(0, number >> 2),
        identityProviders: number % 4 < 2 ? [] : ['p'],
      }),
    );
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const { policies: opened } = await openCounted(function* () {
      for (let number = 0; number < organizations; number++) {
        yield shapes.map((one) => ({ ...one, organizationId: `o-${number}` }));
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
    });
    orThrow(await opened.add(instance, freshInstance, by));
    const closing = { type: 'change', settings: { allowUsernamePassword: false } } as const;
    const all = { acknowledge: { lockedOut: Number.MAX_SAFE_INTEGER } } as const;
    const { people } = orThrow(await previewCommand(opened, instance, closing, all));
    expect(people).to.have.nested.property('lockedOut.users').which.is.above(0);
    expect(most / (organizations * classes)).to.be.below(24);
    await opened.close();
  });

  it('is known beside a policy that can’t be read, unless that has users', async () => {
    const classes = [users({ users: 4 })];
    const { people, policies: opened, store } = await openCounted(() => [classes]);
    orThrow(await opened.add(instance, freshInstance, by));
    const { events } = orThrow(await opened.customize(globex, by));
    const event = { id: monotonicIds()(), type: 'FromTheFuture', schemaVersion: 1, data: {} };
    const metadata = { actor: 'a', correlationId: 'c' };
    const streamId = events[0]?.streamId ?? expect.fail('nothing was recorded');
    await store.eventStore.append({ streamId, expected: 'any', events: [{ ...event, metadata }] });
    expect(await people.population(opened, instance)).to.have.nested.property('one-factor.users', 4);
    classes.push(users({ organizationId: globex.organizationId, users: 5 }));
    expect(await people.population(opened, instance))
      .to.have.property('unknown')
      .that.includes('FromTheFuture');
    await opened.close();
  });
});
