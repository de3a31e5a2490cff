import {
  defaultSettings,
  freshInstance,
  orThrow,
  type CommandAnswer,
  type LoginPolicies,
  type ReadAnswer,
} from '@login-policy/domain';
import { isFault, position } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { Duration } from 'luxon';
import { describe, it } from 'mocha';
import { by, globex, instance, openDesk, PASSKEY, rejectionOf } from './policies.js';

type Call = (policies: LoginPolicies) => Promise<CommandAnswer | ReadAnswer<object>>;

interface Border<Value> {
  /** What the refusal of the one names, and not of the others. */
  readonly field: string;
  readonly call: (value: Value) => Call;
  readonly taken: readonly Value[];
  readonly refused: readonly Value[];
}

/** Ties the values of a border to its call. */
function border<Value>({ field, call, taken, refused }: Border<Value>) {
  return { field, taken: taken.map(call), refused: refused.map(call) };
}

const ASTRAL = '👩';
const ZEROS = '0'.repeat(20);
/** 86 characters of no time at all. */
const LONG_ZERO = `P${ZEROS}W${ZEROS}DT${ZEROS}H${ZEROS}M`;
const lifetimes = (passwordCheck: Duration | string) => ({ lifetimes: { passwordCheck } });
const because =
  (reason: string): Call =>
  (policies) =>
    policies.change(instance, {}, { ...by, reason });
const redirect =
  (defaultRedirectUri: string): Call =>
  (policies) =>
    policies.change(instance, { defaultRedirectUri }, by);

const BORDERS = {
  'an id has 1 to 200 characters of whatever script': border({
    field: 'owner.instanceId',
    call: (instanceId: string) => (policies) => policies.history({ instanceId }),
    taken: ['x', 'x'.repeat(200), ASTRAL.repeat(200), 'x y'],
    refused: ['', 'x'.repeat(201), ASTRAL.repeat(201), '\n', ' ', ' x', 'x ', '\u{7f}'],
  }),
  'a reason has at most 2,000 characters, line breaks and tabs among them': border({
    field: 'options.reason',
    call: because,
    taken: ['', 'x'.repeat(2000), ASTRAL.repeat(2000), 'one\n\ttwo', 'one\r\ntwo'],
    refused: ['x'.repeat(2001), ASTRAL.repeat(2001), 'one\rtwo', '\u0000', '\ud83d'],
  }),
  'where to send people has at most 2,048 characters that a browser takes as they are': border({
    field: 'settings.defaultRedirectUri',
    call: redirect,
    taken: [
      '',
      `https://a.example/${'x'.repeat(2030)}`,
      'http://a.example',
      'HTTPS://a.example',
      'https://ñ.example/é',
      'app:x',
      'com.example.app:/callback',
      'a+b-c.d:x',
    ],
    refused: [
      `https://a.example/${'x'.repeat(2031)}`,
      'https://a.example/\ud800',
      'https://a.example/a b',
      'https://a.example/\u0085',
      'https:/a.example',
      'http:a.example',
      'http://',
      'http://a.example:port',
      'app:',
      '1app:x',
      'a.example',
    ],
  }),
  'a lifetime is 0 to 36,500 days, of a length that is known': border({
    field: 'settings.lifetimes.passwordCheck',
    call: (value: Duration | string) => (policies) => policies.change(instance, lifetimes(value), by),
    taken: [
      'PT0S',
      'P36500D',
      'PT876000H',
      'P1W',
      'PT0.001S',
      'PT0.0010S',
      `${LONG_ZERO}${'0'.repeat(13)}S`,
      Duration.fromObject({ years: 0, quarters: 0, days: 1 }),
    ],
    refused: [
      'P36500DT0.001S',
      '-PT1S',
      'PT-1S',
      'P1M',
      'P1Y',
      Duration.fromObject({ quarters: 1 }),
      'PT',
      'P',
      '',
      'PT0.0001S',
      'PT0,0001S',
      'pt0.0001s',
      `${LONG_ZERO}${'0'.repeat(14)}S`,
    ],
  }),
  'a sequence is below 2 to the 63rd': border({
    field: 'options.ifSequence',
    call: (ifSequence: bigint) => (policies) => policies.change(instance, {}, { ...by, ifSequence }),
    taken: [0n, 2n ** 63n - 1n],
    refused: [-1n, 2n ** 63n],
  }),
  'a history has 1 to 10,000 entries': border({
    field: 'options.limit',
    call: (limit: number) => (policies) => policies.history(instance, { limit }),
    taken: [1, 10_000],
    refused: [0, 10_001, 1.5, Number.NaN],
  }),
  'a list of organizations has 1 to 10,000 of them': border({
    field: 'options.limit',
    call: (limit: number) => (policies) => policies.organizationsWithCustomPolicy(instance, { limit }),
    taken: [1, 10_000],
    refused: [0, 10_001, 1.5],
  }),
  'a read waits 0 to 600,000 ms': border({
    field: 'options.waitMs',
    call: (waitMs: number) => (policies) => policies.policy(instance, { waitMs }),
    taken: [0, 0.5, 600_000],
    refused: [-1, 600_001, Infinity, Number.NaN],
  }),
  'a moment is one of three': border<unknown>({
    field: 'options.asOf',
    call: (asOf: unknown) => (policies) => policies.policy(instance, Object({ asOf })),
    taken: [{ sequence: 4n, position: undefined }, { instant: new Date() }],
    refused: [{}, { sequence: undefined }, { sequence: 4n, instant: new Date() }],
  }),
};

describe('the documented limits', () => {
  for (const [what, { field, taken, refused }] of Object.entries(BORDERS)) {
    it(`are enforced: ${what}`, async () => {
      const { loginPolicies } = await openDesk();
      await loginPolicies.add(instance, freshInstance, by);
      for (const [index, call] of taken.entries())
        expect(await fieldOf(call(loginPolicies)), `taken ${index}`).to.not.equal(field);
      for (const [index, call] of refused.entries())
        expect(await fieldOf(call(loginPolicies)), `refused ${index}`).to.equal(field);
      await loginPolicies.close();
    });
  }

  it('include 168 bits for a position: a larger one is malformed input', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    const largest = position(2n ** 168n - 1n);
    const caught = await loginPolicies.policy(instance, { atLeast: largest }).catch((fault: unknown) => fault);
    expect(isFault(caught, 'position-unknown')).to.equal(true);
    for (const atLeast of [2n ** 168n, -1n, 1])
      expect(await fieldOf(loginPolicies.policy(instance, Object({ atLeast })))).to.equal('options.atLeast');
  });

  it('include 100 items for a list without a limit', async () => {
    const { loginPolicies } = await openDesk();
    for (let number = 0; number < 101; number++)
      await loginPolicies.add({ ...instance, organizationId: `${number}`.padStart(3, '0') }, {}, by);
    const first = orThrow(await loginPolicies.organizationsWithCustomPolicy(instance));
    expect([first.organizations.length, first.next]).to.deep.equal([100, '099']);
    const rest = orThrow(await loginPolicies.organizationsWithCustomPolicy(instance, { after: '099' }));
    expect([rest.organizations.length, rest.next]).to.deep.equal([1, undefined]);
    for (let round = 0; round < 100; round++)
      await loginPolicies.change({ ...instance, organizationId: '000' }, { forceMfa: round % 2 === 0 }, by);
    expect(orThrow(await loginPolicies.history({ ...instance, organizationId: '000' })).entries).to.have.length(100);
  });
});

describe('the canonical form of a lifetime', () => {
  it('is hours, minutes and seconds, whatever was given', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(globex, { settings: defaultSettings }, by);
    for (const [given, text] of [
      ['P10DT1H', 'PT241H'],
      ['PT90M', 'PT1H30M'],
      ['PT3661.5S', 'PT1H1M1.5S'],
      [Duration.fromMillis(1), 'PT0.001S'],
      [Duration.fromMillis(0), 'PT0S'],
      [Duration.fromObject({ days: 36_500 }), 'PT876000H'],
    ] as const) {
      const { events } = orThrow(await loginPolicies.change(globex, lifetimes(given), by));
      expect(events[0]?.data, text).to.deep.equal({ settings: lifetimes(text) });
      const { policy } = orThrow(await loginPolicies.policy(globex));
      expect(policy.settings.lifetimes.passwordCheck.toISO()).to.equal(text);
      expect(policy.settings.lifetimes.passwordCheck.toHuman(), text).to.not.equal('');
    }
  });

  it('is distinguished from other texts, which are shown as they were given', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, { multiFactors: [PASSKEY] }, by);
    for (const [given, received] of [
      [Duration.fromObject({ milliseconds: 0.5 }), '"PT0.0005S"'],
      [Duration.fromObject({ hours: -1 }), '"PT-1H"'],
      [Duration.fromObject({ months: 1 }), '"P1M"'],
      [Duration.fromObject({ hours: 1e308 }), '"PT1e+308H"'],
      [Duration.invalid('test'), 'an object'],
      ['a while', '"a while"'],
    ] as const) {
      const rejection = rejectionOf(await loginPolicies.change(instance, lifetimes(given), by));
      expect(rejection).to.include({ received });
    }
  });
});

/** The field that a refusal for wrong input names. */
async function fieldOf(answer: ReturnType<Call>): Promise<string | undefined> {
  const answered = await answer;
  return answered.outcome === 'rejected' && 'field' in answered.rejection ? answered.rejection.field : undefined;
}
