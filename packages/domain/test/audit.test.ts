import { openLoginPolicies, orThrow } from '@login-policy/domain';
import {
  type AuditEntry,
  type AuditFilter,
  type AuditLog,
  type AuditPageOptions,
  openAuditLog,
} from '@login-policy/domain/audit';
import {
  instant,
  isFault,
  monotonicIds,
  openMemoryStore,
  streamId,
  type RecordedEvent,
  type Store,
} from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openAudited, other, seed } from './audited.js';
import { acme, by, globex, instance, openDesk, PASSKEY, rejectionOf } from './policies.js';

function told({ owner, type }: AuditEntry): string {
  return `${'organizationId' in owner ? owner.organizationId : 'default'} ${type}`;
}

async function entriesOf(auditLog: AuditLog, options: AuditPageOptions): Promise<readonly string[]> {
  return orThrow(await auditLog.entries(instance, options)).entries.map(told);
}

const ALL = [
  'default LoginPolicyAdded',
  'default SecondFactorAdded',
  'default MultiFactorAdded',
  'acme LoginPolicyAdded',
  'acme MultiFactorAdded',
  'acme MultiFactorRemoved',
  'default MultiFactorRemoved',
  'globex LoginPolicyAdded',
  'globex IdentityProviderAdded',
];

describe('the audit log', () => {
  it('has every change of every policy of an instance in the order of commits, newest first or oldest first', async () => {
    const desk = await openAudited();
    await seed(desk);
    expect(await entriesOf(desk.auditLog, { direction: 'forwards' })).to.deep.equal(ALL);
    expect(await entriesOf(desk.auditLog, {})).to.deep.equal(ALL.toReversed());
    const { entries, position: at } = orThrow(await desk.auditLog.entries(instance, { limit: 3 }));
    const removed = entries[2];
    expect(removed).to.deep.include({ owner: instance, sequence: 4n, type: 'MultiFactorRemoved', actor: 'bob' });
    expect(removed).to.deep.include({ data: { factor: PASSKEY }, reason: 'cloned keys' });
    const { entries: history } = orThrow(await desk.loginPolicies.history(instance, { fromSequence: 4n }));
    expect(removed?.eventId).to.equal(history[0]?.eventId);
    expect(removed?.recordedAt.toMillis()).to.equal(history[0]?.recordedAt.toMillis());
    expect(at).to.equal(entries[0]?.position);
    expect(orThrow(await desk.auditLog.entries(other)).entries).to.have.length(1);
    await desk.close();
  });

  it('contains events that were recorded before it was opened', async () => {
    const desk = await openDesk();
    await seed(desk);
    const auditLog = await openAuditLog({ store: desk.store });
    expect(await entriesOf(auditLog, { direction: 'forwards' })).to.deep.equal(ALL);
    await auditLog.readModel.rebuild();
    expect(await entriesOf(auditLog, { direction: 'forwards' })).to.deep.equal(ALL);
    await Promise.all([auditLog.close(), desk.loginPolicies.close()]);
  });

  it('is paged in both directions, and returns each entry once', async () => {
    const desk = await openAudited();
    await seed(desk);
    for (const direction of ['forwards', 'backwards'] as const) {
      for (const limit of [1, 2, 4, 9, 10]) {
        const seen: string[] = [];
        let after: string | undefined;
        do {
          const page = orThrow(await desk.auditLog.entries(instance, { direction, limit, ...(after && { after }) }));
          seen.push(...page.entries.map(told));
          after = page.next;
        } while (after !== undefined);
        expect(seen).to.deep.equal(direction === 'forwards' ? ALL : ALL.toReversed());
      }
    }
    const newest = orThrow(await desk.auditLog.entries(instance, { limit: 4 }));
    const older = orThrow(await desk.auditLog.entries(instance, { limit: 4, after: newest.next ?? '' }));
    const back = { direction: 'forwards', limit: 4, after: older.previous ?? '' } as const;
    const again = orThrow(await desk.auditLog.entries(instance, back));
    expect(again.entries.map(told)).to.deep.equal(newest.entries.map(told).toReversed());
    await desk.close();
  });

  it('is filtered by actor, type, factor, identity provider, owner, time, words of the reason, and all of these at once', async () => {
    const desk = await openAudited();
    await seed(desk);
    const times = orThrow(await desk.auditLog.entries(instance, { direction: 'forwards' })).entries;
    const [fourth, seventh] = [times[3]?.recordedAt, times[6]?.recordedAt];
    if (fourth === undefined || seventh === undefined) throw new Error('nine entries were seeded');
    for (const [filter, found] of [
      [{ actor: 'bob' }, ALL.slice(5, 7)],
      [{ type: 'LoginPolicyAdded' }, [0, 3, 7].map((place) => ALL[place])],
      [{ factor: PASSKEY }, [2, 4, 5, 6].map((place) => ALL[place])],
      [{ factor: 'TOTP' }, ALL.slice(1, 2)],
      [{ identityProvider: 'TOTP' }, ALL.slice(8)],
      [{ organizationId: 'acme' }, ALL.slice(3, 6)],
      [{ isDefault: true }, [0, 1, 2, 6].map((place) => ALL[place])],
      [{ isDefault: false }, [3, 4, 5, 7, 8].map((place) => ALL[place])],
      [{ isDefault: false, organizationId: 'acme' }, ALL.slice(3, 6)],
      [{ isDefault: false, actor: 'bob' }, ALL.slice(5, 6)],
      [{ from: fourth, to: seventh }, ALL.slice(3, 6)],
      [{ from: seventh }, ALL.slice(6)],
      [{ to: fourth.toISO() }, ALL.slice(0, 3)],
      [{ from: seventh, to: fourth }, []],
      [{ reason: 'CLONED' }, ALL.slice(5, 7)],
      [{ reason: 'keys, cloned!' }, ALL.slice(6, 7)],
      [{ reason: '4711' }, ALL.slice(5, 6)],
      [{ reason: 'clone' }, []],
      [{ actor: 'bob', isDefault: true, factor: PASSKEY, from: fourth, reason: 'cloned' }, ALL.slice(6, 7)],
      [{ actor: 'alice', reason: 'cloned' }, []],
      [{ factor: 'TOTP', identityProvider: 'TOTP' }, []],
      [{ actor: 'nobody' }, []],
    ] as const satisfies readonly (readonly [AuditFilter, readonly (string | undefined)[]])[]) {
      expect(
        await entriesOf(desk.auditLog, { ...filter, direction: 'forwards' }),
        JSON.stringify(filter),
      ).to.deep.equal(found);
      expect(await entriesOf(desk.auditLog, filter)).to.deep.equal([...found].reverse());
    }
    await desk.close();
  });

  it('continues if one of two filters matches rarely', async () => {
    const desk = await openAudited();
    const { loginPolicies, auditLog } = desk;
    orThrow(await loginPolicies.add(instance, {}, by));
    for (let number = 0; number < 2700; number++) {
      const actor = number === 2600 ? 'bob' : 'alice';
      const reason = `number ${number}`;
      orThrow(await loginPolicies.addSecondFactor(instance, 'U2F', { actor, reason }));
      orThrow(await loginPolicies.removeSecondFactor(instance, 'U2F', { actor: 'alice', reason }));
    }
    let [pages, after]: [number, string | undefined] = [0, undefined];
    const found: string[] = [];
    do {
      const options: AuditPageOptions = {
        actor: 'bob',
        factor: 'U2F',
        direction: 'forwards',
        ...(after !== undefined && { after }),
      };
      const page = orThrow(await auditLog.entries(instance, options));
      found.push(...page.entries.map(({ reason = '' }) => reason));
      after = page.next;
      pages++;
    } while (after !== undefined);
    expect([pages, found]).to.deep.equal([2, ['number 2600']]);
    await desk.close();
  });

  it('keeps the order of commits if a clock is set back, and lists unknown events', async () => {
    let now = 1_000_000;
    const store = openMemoryStore({ clock: () => instant(now) });
    const loginPolicies = await openLoginPolicies({ store });
    const auditLog = await openAuditLog({ store });
    orThrow(await loginPolicies.add(instance, {}, by));
    now = 500_000;
    orThrow(await loginPolicies.add(acme, {}, by));
    await recordUnknown(store);
    const page = orThrow(await auditLog.entries(instance, { direction: 'forwards' }));
    expect(page.entries.map(({ recordedAt }) => recordedAt.toMillis())).to.deep.equal([1_000_000, 500_000, 500_000]);
    expect(page.entries.map(told)[2]).to.equal('globex FromTheFuture');
    const late = orThrow(await auditLog.entries(instance, { from: new Date(900_000) }));
    expect(late.entries).to.have.length(3);
    await Promise.all([auditLog.close(), loginPolicies.close()]);
  });

  it('never passes over an event that it can not keep: the page with it is refused, with its place', async () => {
    const desk = await openAudited();
    await seed(desk);
    await recordUnknown(desk.store);
    const history: RecordedEvent[] = [];
    for await (const page of desk.store.eventStore.readAll()) history.push(...page);
    await desk.close();
    // What `JSON.parse` makes of 1e400, which a foreign program may write.
    const beyond = history.map((event) =>
      event.type === 'FromTheFuture' ? { ...event, data: { weight: Infinity } } : event,
    );
    const auditLog = await openAuditLog({ store: openMemoryStore({ history: beyond }) });
    for (const options of [{}, { type: 'FromTheFuture' }, { organizationId: globex.organizationId }]) {
      const fault = await auditLog.entries(instance, options).catch((caught: unknown) => caught);
      expect(isFault(fault, 'unreadable-event') && fault.facts, JSON.stringify(options)).to.include({ revision: 2n });
    }
    expect(await entriesOf(auditLog, { organizationId: acme.organizationId })).to.have.length(3);
    expect(orThrow(await auditLog.entries(other)).entries).to.have.length(1);
    await auditLog.close();
  });

  it('is found by every word of a long reason, and by whole words only', async () => {
    const desk = await openAudited();
    const words = Array.from({ length: 250 }, (_, place) => `word${place}`);
    const long = 'x'.repeat(50);
    orThrow(await desk.loginPolicies.add(instance, {}, { ...by, reason: `${words.join(' ')} ${long}` }));
    for (const reason of ['word0', 'word64', 'word249', long, `word249 ${long}`])
      expect(await entriesOf(desk.auditLog, { reason }), reason).to.deep.equal(['default LoginPolicyAdded']);
    for (const reason of ['word250', 'x'.repeat(40), 'x'.repeat(49), `${long}y`])
      expect(await entriesOf(desk.auditLog, { reason }), reason).to.deep.equal([]);
    await desk.close();
  });

  it('finds a long word whose fortieth code unit is within a character', async () => {
    const desk = await openAudited();
    const word = `a${'\u{20000}'.repeat(30)}`;
    orThrow(await desk.loginPolicies.add(instance, {}, { ...by, reason: word }));
    expect(await entriesOf(desk.auditLog, { reason: word })).to.deep.equal(['default LoginPolicyAdded']);
    await desk.close();
  });

  it('takes a word with combining marks for one word', async () => {
    const desk = await openAudited();
    orThrow(await desk.loginPolicies.add(instance, {}, { ...by, reason: 'हिन्दी में' }));
    expect(await entriesOf(desk.auditLog, { reason: 'हिन्दी' })).to.deep.equal(['default LoginPolicyAdded']);
    expect(await entriesOf(desk.auditLog, { reason: 'ह' })).to.deep.equal([]);
    await desk.close();
  });

  it('is paged past an event of the last year that a clock can tell', async () => {
    let now = 8_640_000_000_000_000;
    const store = openMemoryStore({ clock: () => instant(now) });
    const loginPolicies = await openLoginPolicies({ store });
    const auditLog = await openAuditLog({ store });
    orThrow(await loginPolicies.add(instance, {}, by));
    now = 1_000_000;
    for (const owner of [acme, globex]) orThrow(await loginPolicies.add(owner, {}, by));
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = orThrow(await auditLog.entries(instance, { limit: 1, ...(after !== undefined && { after }) }));
      found.push(...page.entries.map(told));
      after = page.next;
    } while (after !== undefined);
    expect(found).to.deep.equal(['globex', 'acme', 'default'].map((owner) => `${owner} LoginPolicyAdded`));
    await Promise.all([auditLog.close(), loginPolicies.close()]);
  });

  it('refuses malformed input, with the name of the field', async () => {
    const { auditLog, close } = await openAudited();
    for (const [given, field] of [
      [{ actor: '' }, 'options.actor'],
      [{ factor: 'FACE' }, 'options.factor'],
      [{ organizationId: '\n' }, 'options.organizationId'],
      [{ organizationId: 'a', isDefault: true }, 'options.isDefault'],
      [{ isDefault: 1 }, 'options.isDefault'],
      [{ from: 'noon' }, 'options.from'],
      [{ reason: '!?' }, 'options.reason'],
      [{ reason: 7 }, 'options.reason'],
      [{ after: 'x' }, 'options.after'],
      [{ direction: 'sideways' }, 'options.direction'],
      [{ limit: 1001 }, 'options.limit'],
      [{ acter: 'a' }, 'options.acter'],
    ] as const) {
      const options: AuditPageOptions = JSON.parse(JSON.stringify(given));
      expect(rejectionOf(await auditLog.entries(instance, options)), JSON.stringify(given)).to.include({ field });
    }
    const format: 'csv' = JSON.parse('"xml"');
    expect(rejectionOf(await auditLog.export(instance, { format }))).to.include({ field: 'options.format' });
    await close();
    const closed = await auditLog.entries(instance).then(String, (caught: unknown) => caught);
    expect(isFault(closed, 'store-closed')).to.equal(true);
  });
});

async function recordUnknown(store: Store): Promise<void> {
  const event = { id: monotonicIds()(), type: 'FromTheFuture', schemaVersion: 9, data: { factor: ['x'] } };
  const stream = streamId('organizationLoginPolicy', `${instance.instanceId}/globex`);
  const metadata = { actor: 'a', correlationId: 'c' };
  await store.eventStore.append({ streamId: stream, expected: 'any', events: [{ ...event, metadata }] });
}
