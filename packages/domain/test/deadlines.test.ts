import { openLoginPolicies, freshInstance, orThrow, type LoginPolicies } from '@login-policy/domain';
import { previewCommand } from '@login-policy/domain/preview';
import { type Rollout, findRollout, rollOut } from '@login-policy/domain/rollout';
import { isFault, openMemoryStore, type Store } from '@login-policy/event-sourcing';
import { paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { freezable } from './freezable-store.js';
import { acme, by, instance, PASSKEY } from './policies.js';
import { last } from './rolling-out.js';

/** More than a busy machine adds, and far less than any default time-out. */
const AT_ONCE_MS = 1000;
const WAIT_MS = 200;

interface Waiting {
  readonly signal?: AbortSignal;
  readonly waitMs?: number;
}

/** Every method that waits. */
const CALLS: Readonly<Record<string, (policies: LoginPolicies, wait: Waiting) => Promise<unknown>>> = {
  'a command': (policies, wait) => policies.addMultiFactor(acme, PASSKEY, { ...by, ...wait }),
  'a command that looks at the past': (policies, wait) =>
    policies.revert(instance, { sequence: 1n }, { ...by, ...wait, idempotencyKey: 'back' }),
  customize: (policies, wait) => policies.customize(acme, { ...by, ...wait }),
  policy: (policies, wait) => policies.policy(instance, wait),
  effectivePolicy: (policies, wait) => policies.effectivePolicy(acme, wait),
  evaluateSignIn: (policies, wait) =>
    policies.evaluateSignIn(
      acme,
      { user: { hasPassword: true, factors: [], identityProviders: [] }, session: {} },
      wait,
    ),
  'effectivePolicy as of then': (policies, wait) =>
    policies.effectivePolicy(acme, { ...wait, asOf: { instant: new Date(Date.now() - 60_000) } }),
  'policy as of a sequence': (policies, wait) => policies.policy(instance, { ...wait, asOf: { sequence: 1n } }),
  secondFactors: (policies, wait) => policies.secondFactors(acme, wait),
  multiFactors: (policies, wait) => policies.multiFactors(acme, wait),
  identityProviders: (policies, wait) => policies.identityProviders(acme, wait),
  history: (policies, wait) => policies.history(instance, wait),
  diff: (policies, wait) => policies.diff(instance, { from: { sequence: 1n } }, wait),
  preview: (policies, wait) => previewCommand(policies, instance, { type: 'removeMultiFactor', factor: PASSKEY }, wait),
  organizationsWithCustomPolicy: (policies, wait) => policies.organizationsWithCustomPolicy(instance, wait),
  customPolicies: (policies, wait) => policies.customPolicies(instance, wait),
  organizationsOnDefault: (policies, wait) => policies.organizationsOnDefault(instance, wait),
  'plan of a rollout': (policies, wait) => rollout(policies).plan(wait),
  'report of a rollout': (policies, wait) => rollout(policies).report(wait),
  'standing of a rollout': (policies, wait) => rollout(policies).standing(wait).next(),
  findRollout: (policies, wait) => findRollout(policies, instance, 'a', wait),
  ready: (policies, wait) => policies.readModel.ready(wait),
};

function rollout(policies: LoginPolicies): Rollout {
  return rollOut(policies, instance, { type: 'removeMultiFactor', factor: PASSKEY }, { id: 'a', ...by });
}

/** Those that take a signal alone. */
const SIGNALLED: Readonly<Record<string, (policies: LoginPolicies, signal: AbortSignal) => Promise<unknown>>> = {
  lag: (policies, signal) => policies.readModel.lag(signal),
  catchUp: (policies, signal) => policies.readModel.catchUp(signal),
  rebuild: (policies, signal) => policies.readModel.rebuild(signal),
};

/** Those that end without an error. */
const RUNS: Readonly<Record<string, (rollout: Rollout, signal: AbortSignal) => ReturnType<Rollout['carryOut']>>> = {
  carryOut: (given, signal) => given.carryOut({ signal }),
  revert: (given, signal) => given.revert({ ...by, signal }),
};

describe('on a store that stops answering', () => {
  const opened: LoginPolicies[] = [];

  afterEach(() => Promise.all(opened.splice(0).map((policies) => policies.close({ closeMs: 1 }))));

  async function frozen(readModelUpdates: Store['readModelUpdates']): Promise<LoginPolicies> {
    const store = freezable(readModelUpdates);
    const policies = await openLoginPolicies({ store, maxAgeMs: 0, organizations: { list: () => ['acme'] } });
    opened.push(policies);
    orThrow(await policies.add(instance, freshInstance, by));
    await policies.readModel.ready();
    store.freeze();
    return policies;
  }

  for (const readModelUpdates of ['inline', 'followed'] as const) {
    for (const [name, call] of Object.entries({ ...CALLS, ...withSignals() })) {
      it(`${name} ends at once with its signal (${readModelUpdates})`, async () => {
        const [policies, control] = [await frozen(readModelUpdates), new AbortController()];
        const ending = endOf(call(policies, { signal: control.signal }));
        await new Promise(setImmediate);
        control.abort();
        const since = performance.now();
        expect(await ending).to.equal('deadline-exceeded');
        expect(performance.now() - since).to.be.below(paced(AT_ONCE_MS));
      });
    }

    for (const [name, call] of Object.entries(CALLS)) {
      it(`${name} ends with its waitMs, and a quarter of a second later at the latest (${readModelUpdates})`, async () => {
        const policies = await frozen(readModelUpdates);
        const since = performance.now();
        expect(await endOf(call(policies, { waitMs: WAIT_MS }))).to.be.oneOf([
          'deadline-exceeded',
          'projection-behind',
        ]);
        expect(performance.now() - since).to.be.within(WAIT_MS - 2, WAIT_MS + 250 + paced(AT_ONCE_MS));
      });
    }

    for (const [how, run] of Object.entries(RUNS)) {
      it(`${how} of a rollout ends at once with its signal, without an error (${readModelUpdates})`, async () => {
        const [policies, control] = [await frozen(readModelUpdates), new AbortController()];
        const ending = endOf(run(rollout(policies), control.signal).next());
        await new Promise(setImmediate);
        control.abort();
        const since = performance.now();
        expect(await ending).to.equal('answered');
        expect(performance.now() - since).to.be.below(paced(AT_ONCE_MS));
      });
    }

    it(`commands that wait for another on the same policy end by their own time limit (${readModelUpdates})`, async () => {
      const policies = await frozen(readModelUpdates);
      const since = performance.now();
      const command = { type: 'customize' } as const;
      const ends = [1, 2, 3].map((nth) => endOf(policies.execute(acme, command, { ...by, waitMs: 100 * nth })));
      expect(await Promise.all(ends)).to.deep.equal(['deadline-exceeded', 'deadline-exceeded', 'deadline-exceeded']);
      expect(performance.now() - since).to.be.below(300 + paced(AT_ONCE_MS));
    });

    it(`closing ends within closeMs (${readModelUpdates})`, async () => {
      const policies = await frozen(readModelUpdates);
      const since = performance.now();
      await policies.close({ closeMs: 50 });
      expect(performance.now() - since).to.be.below(50 + paced(AT_ONCE_MS));
    });
  }

  it('a command that is being written rejects with outcome-unknown', async () => {
    const store = freezable('inline');
    const policies = await openLoginPolicies({ store });
    opened.push(policies);
    const control = new AbortController();
    store.freezeAppends();
    const ending = endOf(policies.add(instance, freshInstance, { ...by, signal: control.signal }));
    await new Promise(setImmediate);
    control.abort();
    const since = performance.now();
    expect(await ending).to.equal('outcome-unknown');
    expect(performance.now() - since).to.be.below(paced(AT_ONCE_MS));
  });

  for (const [how, run] of Object.entries(RUNS)) {
    it(`${how} of a rollout ends with its signal while its commands are written, with what is known to be done`, async () => {
      const store = freezable('inline');
      const policies = await openLoginPolicies({ store });
      opened.push(policies);
      for (const owner of [instance, acme]) orThrow(await policies.add(owner, freshInstance, by));
      if (how === 'revert') await last(rollout(policies).carryOut());
      const control = new AbortController();
      const running = run(rollout(policies), control.signal);
      await running.next();
      store.freezeAppends();
      const ending = last(running);
      await new Promise(setImmediate);
      control.abort();
      const since = performance.now();
      expect(await ending).to.include({ done: 1, of: 2, changed: 1, refused: 0 });
      expect(performance.now() - since).to.be.below(paced(AT_ONCE_MS));
    });
  }

  it('a silent directory is not awaited longer than its command', async () => {
    const identityProviders = () => new Promise<never>(() => undefined);
    const policies = await openLoginPolicies({ store: openMemoryStore(), identityProviders });
    opened.push(policies);
    orThrow(await policies.add(instance, freshInstance, by));
    const link = policies.addIdentityProvider(instance, { id: 'i', ownerType: 'SYSTEM' }, { ...by, waitMs: 20 });
    expect(await endOf(link)).to.equal('deadline-exceeded');
  });
});

function withSignals(): typeof CALLS {
  const noSignal = AbortSignal.abort();
  return Object.fromEntries(
    Object.entries(SIGNALLED).map(([name, call]) => [
      name,
      (policies, wait) => call(policies, wait.signal ?? noSignal),
    ]),
  );
}

async function endOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'answered';
  } catch (caught) {
    return isFault(caught) ? caught.code : String(caught);
  }
}
