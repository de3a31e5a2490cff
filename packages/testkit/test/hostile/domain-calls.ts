import { openMemoryStore } from '@login-policy/event-sourcing';
import { caller } from './entries.js';
import type { Table } from './walk.js';

const call = await caller();
const [instance, acme] = [{ instanceId: 'i' }, { instanceId: 'i', organizationId: 'acme' }];
const signal = () => new AbortController().signal;
const read = () => ({ waitMs: 1000, signal: signal(), atLeast: 0n });
const by = () => ({ actor: 'a', reason: 'r', idempotencyKey: 'k', waitMs: 1000, signal: signal() });
const asked = { asOf: { sequence: 1n } };
const signIn = () => ({
  user: { hasPassword: true, factors: ['TOTP'], identityProviders: [] },
  session: { password: '2024-01-01T00:00:00Z' },
  request: {},
  at: '2024-01-01T00:00:00Z',
});
const census = () => [[{ users: 1, administrators: 0, hasPassword: true, factors: [], identityProviders: [] }]];
const rules = async () => {
  const found: object = await call('domain', 'effectivePolicy', acme).on(await policies());
  return Object(Reflect.get(found, 'policy'));
};
const policies = async (store = openMemoryStore()) => {
  const opened = await call('domain', 'openLoginPolicies', { store }).answer();
  for (const owner of [instance, acme]) await call('domain', 'add', owner, {}, { actor: 'a' }).on(opened);
  return opened;
};
/** A store in which each owner has a policy, so that there is a past to ask for. */
const aStore = async () => {
  const store = openMemoryStore();
  await policies(store);
  return store;
};
const command = () => ({ type: 'removeSecondFactor', factor: 'TOTP' });
const opened = 'domain openLoginPolicies()';
const change = () => ({ steps: [{ owner: instance, command: command() }] });
const rollout = () => ({ id: 'r', actor: 'a', reason: 'r', mayChange: () => true, withDefault: true });

export const domainTables: Readonly<Record<string, Table>> = {
  domain: {
    calls: {
      'domain openLoginPolicies': async () => [
        {
          store: await aStore(),
          organizations: { list: () => ['a', 'b'] },
          identityProviders: () => [],
          guard: 'refuse',
          maxAgeMs: 1,
          keptStates: 1,
          follows: 'always',
          observe: () => undefined,
        },
      ],
      'domain orThrow': () => [{ outcome: 'found' }],
      'domain toJson': async () => [await call('domain', 'history', acme).on(await policies())],
      'domain describeSignIn': async () => [await call('domain', 'evaluateSignIn', await rules(), signIn()).answer()],
      'domain evaluateSignIn': async () => [await rules(), signIn(), []],
      [`${opened}.add`]: () => [acme, { settings: { forceMfa: true } }, by()],
      [`${opened}.set`]: () => [acme, { settings: { forceMfa: true } }, by()],
      [`${opened}.change`]: () => [acme, { forceMfa: true }, by()],
      [`${opened}.remove`]: () => [acme, by()],
      [`${opened}.addSecondFactor`]: () => [acme, 'TOTP', by()],
      [`${opened}.removeSecondFactor`]: () => [acme, 'TOTP', by()],
      [`${opened}.addMultiFactor`]: () => [acme, 'U2F_WITH_VERIFICATION', by()],
      [`${opened}.removeMultiFactor`]: () => [acme, 'U2F_WITH_VERIFICATION', by()],
      [`${opened}.addIdentityProvider`]: () => [acme, { id: 'x', ownerType: 'SYSTEM' }, by()],
      [`${opened}.removeIdentityProvider`]: () => [acme, 'x', by()],
      [`${opened}.revert`]: () => [acme, { sequence: 1n }, by()],
      [`${opened}.customize`]: () => [acme, by()],
      [`${opened}.execute`]: () => [acme, command(), by()],
      [`${opened}.organizationsOnDefault`]: () => [instance, { ...read(), after: 'a', limit: 1 }],
      [`${opened}.policy`]: () => [instance, { ...read(), ...asked }],
      [`${opened}.effectivePolicy`]: () => [acme, { ...read(), ...asked }],
      [`${opened}.knownIdentityProviders`]: () => [
        acme,
        [{ id: 'x', ownerType: 'SYSTEM' }],
        { signal: signal(), waitMs: 1 },
      ],
      [`${opened}.evaluateSignIn`]: () => [acme, signIn(), { ...read(), ...asked }],
      [`${opened}.diff`]: () => [acme, { from: { sequence: 1n }, to: { sequence: 1n } }, read()],
      [`${opened}.secondFactors`]: () => [acme, { ...read(), ...asked }],
      [`${opened}.multiFactors`]: () => [acme, { ...read(), ...asked }],
      [`${opened}.identityProviders`]: () => [acme, { ...read(), ...asked }],
      [`${opened}.customPolicies`]: () => [instance, { ...read(), after: 'a', limit: 1 }],
      [`${opened}.history`]: () => [
        acme,
        { signal: signal(), waitMs: 1, direction: 'forwards', fromSequence: 1n, limit: 1 },
      ],
      [`${opened}.organizationsWithCustomPolicy`]: () => [
        instance,
        { ...read(), allowing: 'TOTP', after: 'a', limit: 1 },
      ],
      [`${opened}.close`]: () => [{ closeMs: 1 }],
    },
    trusted: {
      'domain RejectedError': 'thrown by orThrow',
      'domain LoginPolicies*': 'opened by openLoginPolicies',
      [`${opened}.readModel*`]: 'a part of the kernel, called in its own table',
    },
  },
  'domain/analysis': {
    calls: {
      'domain/analysis analyze': async () => [
        await rules(),
        [await call('domain/analysis', 'everyUserCanGetIn').answer()],
      ],
      'domain/analysis checksNoOlderThan': () => ['PT1H'],
      'domain/analysis everyUserCanGetIn': () => [],
      'domain/analysis implies': async () => [await rules()],
      'domain/analysis nobodyGetsInBelow': () => ['two-factors'],
      'domain/analysis nobodyGetsInByPhishing': () => [],
      'domain/analysis phishingResistanceIsOffered': () => [],
    },
    trusted: {
      'domain/analysis everyUserCanGetIn().*': 'asked by analyze, which checks the policy',
      'domain/analysis implies().*': 'asked by analyze, which checks the policy',
      'domain/analysis checksNoOlderThan().*': 'asked by analyze, which checks the policy',
      'domain/analysis nobodyGetsInBelow().*': 'asked by analyze, which checks the policy',
      'domain/analysis nobodyGetsInByPhishing().*': 'asked by analyze, which checks the policy',
      'domain/analysis phishingResistanceIsOffered().*': 'asked by analyze, which checks the policy',
    },
  },
  'domain/audit': {
    calls: {
      'domain/audit openAuditLog': () => [{ store: openMemoryStore(), maxAgeMs: 1, observe: () => undefined }],
      'domain/audit openAuditLog().entries': () => [
        instance,
        {
          ...read(),
          actor: 'a',
          type: 'x',
          factor: 'TOTP',
          from: '2024-01-01T00:00:00Z',
          reason: 'word',
          direction: 'forwards',
          limit: 1,
        },
      ],
      'domain/audit openAuditLog().export': () => [instance, { ...read(), format: 'csv', isDefault: true, upTo: 0n }],
      'domain/audit openAuditLog().close': () => [{ closeMs: 1 }],
      'domain/audit auditEntryJson': async () => {
        await using store = openMemoryStore();
        const loginPolicies = await call('domain', 'openLoginPolicies', { store }).answer();
        await call('domain', 'add', instance, {}, { actor: 'a' }).on(loginPolicies);
        const log = await call('domain/audit', 'openAuditLog', { store }).answer();
        const page = await call('domain/audit', 'entries', instance).on(log);
        return [Reflect.get(Object(Reflect.get(page, 'entries')), 0)];
      },
    },
    trusted: { 'domain/audit openAuditLog().readModel*': 'a part of the kernel, called in its own table' },
  },
  'domain/backtest': {
    calls: {
      'domain/backtest backtest': () => [
        [{ name: 'a file', text: [''] }],
        {
          from: async () => undefined,
          to: async () => undefined,
          owner: instance,
          since: new Date(0),
          signal: signal(),
        },
      ],
      'domain/backtest policiesAfter': async () => [await policies(), change()],
      'domain/backtest policiesAfter().call': () => [instance],
      'domain/backtest policiesThen': async () => [await policies()],
      'domain/backtest policiesThen().call': () => [instance, '01JDZZZZZZZZZZZZZZZZZZZZZZ'],
      'domain/backtest signInRecorder': () => [{ write: () => undefined }, { mostWaiting: 1, closeMs: 1 }],
      'domain/backtest signInRecorder().record': () => [
        {
          owner: instance,
          user: 'u',
          isAdministrator: false,
          signIn: signIn(),
          answer: { outcome: 'proceed' },
          eventId: 'e',
        },
      ],
      'domain/backtest signInRecorder().status': () => [],
      'domain/backtest signInRecorder().close': () => [],
    },
    trusted: {},
  },
  'domain/people': {
    calls: {
      'domain/people openPeople': () => [census],
      'domain/people affectedByPlan': async () => [await policies(), change().steps, { correlationId: 'c' }],
      'domain/people affectedByRollout': async () => [
        await call('domain/rollout', 'rollOut', await policies(), instance, command(), rollout()).answer(),
      ],
      'domain/people openPeople().population': async () => [await policies(), acme, { signal: signal() }],
    },
    trusted: { 'domain/people openPeople().affected*': 'asked by the login policies' },
  },
  'domain/changes': {
    calls: {
      'domain/changes onChange': async () => [
        await policies(),
        { name: 'n', handle: () => undefined, from: 0n, instance, handleTimeoutMs: 1000, signal: signal() },
      ],
      'domain/changes onChange().status': () => [],
      'domain/changes onChange().close': () => [],
    },
    trusted: {},
  },
  'domain/preview': {
    calls: {
      'domain/preview previewCommand': async () => [
        await policies(),
        instance,
        command(),
        { ifSequence: 1n, acknowledge: ['no-factor-left'], correlationId: 'c', beside: { organizationIds: [] } },
      ],
    },
    trusted: {},
  },
  'domain/rollout': {
    calls: {
      'domain/rollout findRollout': async () => [await policies(), instance, 'r', { ...read(), maySee: () => true }],
      'domain/rollout rollOut': async () => [await policies(), instance, command(), rollout()],
      'domain/rollout rollOut().plan': () => [{ ...read(), limit: 1 }],
      'domain/rollout rollOut().carryOut': () => [{ signal: signal(), concurrency: 1 }],
      'domain/rollout rollOut().report': () => [read()],
      'domain/rollout rollOut().standing': () => [read()],
      'domain/rollout rollOut().revert': () => [{ signal: signal(), concurrency: 1, actor: 'a', reason: 'r' }],
    },
    trusted: { 'domain/rollout canBeRolledOut': 'a question about a parsed command' },
  },
};
