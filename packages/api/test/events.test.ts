import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { timestampFromDate, timestampDate } from '@bufbuild/protobuf/wkt';
import { createServerTransport } from '@zitadel/client/node';
import { createAdminServiceClient } from '@zitadel/client/v1';
import { orThrow } from '@login-policy/domain';
import { steppingClock } from '@login-policy/testkit';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { CLIENTS } from './clients/all.js';
import { asPublished, type Client } from './clients/client.js';
import { curlClient } from './clients/curl.js';
import { askOf } from './rest-client.js';
import { ACME, AUDITOR, GLOBEX, INSTANCE, openService, READER, type Service } from './service.js';

const instance = { instanceId: INSTANCE };
const acme = { ...instance, organizationId: ACME };
const by = (actor: string) => ({ actor });

/** A policy of every kind of event, of both owners. */
async function withEvents(service: Service): Promise<void> {
  const { policies } = service;
  const ORG = { id: 'acme-saml', ownerType: 'ORG' } as const;
  orThrow(await policies.change(instance, { forceMfa: true, defaultRedirectUri: 'https://example.com/' }, by('root')));
  orThrow(await policies.addSecondFactor(instance, 'OTP_SMS', by('ada')));
  orThrow(await policies.removeMultiFactor(instance, 'U2F_WITH_VERIFICATION', by('root')));
  orThrow(await policies.addIdentityProvider(instance, { id: 'google', ownerType: 'SYSTEM' }, by('root')));
  orThrow(
    await policies.add(
      acme,
      { settings: { allowRegister: false }, secondFactors: ['TOTP'], identityProviders: [ORG] },
      by('ada'),
    ),
  );
  orThrow(await policies.change(acme, { forceMfa: false, lifetimes: { passwordCheck: 'PT0S' } }, by('ada')));
  orThrow(await policies.removeIdentityProvider(acme, 'acme-saml', by('ada')));
  orThrow(await policies.remove(acme, by('root')));
}

const TYPES_IN_ORDER = [
  ...['instance.policy.login.added', 'instance.policy.login.secondfactor.added'],
  ...['instance.policy.login.secondfactor.added', 'instance.policy.login.multifactor.added'],
  ...['instance.policy.login.changed', 'instance.policy.login.secondfactor.added'],
  ...['instance.policy.login.multifactor.removed', 'instance.policy.login.idpprovider.added'],
  ...['org.policy.login.added', 'org.policy.login.secondfactor.added', 'org.policy.login.idpprovider.added'],
  ...['org.policy.login.changed', 'org.policy.login.idpprovider.removed', 'org.policy.login.removed'],
];

function memberOf(value: unknown, name: string): unknown {
  return value instanceof Object ? Reflect.get(value, name) : undefined;
}

function eventsIn(json: JsonValue): readonly unknown[] {
  const events = memberOf(json, 'events');
  return Array.isArray(events) ? events : [];
}

describe("a search for events in ZITADEL's words", () => {
  let service: Service;
  before(async () => {
    service = await openService({ isAudited: true });
    await withEvents(service);
  });
  after(async () => {
    expect(service.failures).to.deep.equal([]);
    await service.close();
  });

  const search = async (request: JsonObject, client: Client = curlClient(service.url)): Promise<readonly unknown[]> => {
    const outcome = await client.call({ service: 'admin', method: 'ListEvents', request, token: AUDITOR });
    if (!outcome.ok) throw new Error(outcome.message);
    return eventsIn(outcome.json);
  };
  const typesOf = (events: readonly unknown[]): readonly unknown[] =>
    events.map((event) => memberOf(memberOf(event, 'type'), 'type'));

  it('finds every event of every policy, newest first, or oldest first', async () => {
    expect(typesOf(await search({ asc: true }))).to.deep.equal(TYPES_IN_ORDER);
    expect(typesOf(await search({}))).to.deep.equal(TYPES_IN_ORDER.toReversed());
  });

  it('shows an event as ZITADEL does: its editor, its aggregate, and a payload with its names and numbers', async () => {
    const [added] = await search({ asc: true, limit: 1 });
    expect(added).to.deep.include({
      editor: { userId: 'set-up', displayName: 'set-up', service: 'login-policy' },
      sequence: '1',
      type: {
        type: 'instance.policy.login.added',
        localized: { key: 'EventTypes.instance.policy.login.added', localizedMessage: 'Login policy added' },
      },
    });
    expect(memberOf(added, 'aggregate')).to.deep.equal({
      id: INSTANCE,
      resourceOwner: INSTANCE,
      type: { type: 'instance', localized: { key: 'AggregateTypes.instance', localizedMessage: 'Instance' } },
    });
    expect(memberOf(added, 'payload')).to.deep.equal({
      allowUsernamePassword: true,
      allowRegister: true,
      allowExternalIdp: true,
      allowDomainDiscovery: true,
      passwordlessType: 1,
      passwordCheckLifetime: 864_000_000_000_000,
      externalLoginCheckLifetime: 864_000_000_000_000,
      mfaInitSkipLifetime: 2_592_000_000_000_000,
      secondFactorCheckLifetime: 64_800_000_000_000,
      multiFactorCheckLifetime: 43_200_000_000_000,
    });
    const payloads = (await search({ asc: true })).slice(4).map((event) => memberOf(event, 'payload'));
    expect(payloads.toSpliced(4, 1)).to.deep.equal([
      { forceMFA: true, defaultRedirectURI: 'https://example.com/' },
      { mfaType: 4 },
      { mfaType: 1 },
      { idpConfigId: 'google' },
      { mfaType: 1 },
      { idpConfigId: 'acme-saml', idpProviderType: 1 },
      { passwordCheckLifetime: 0 },
      { idpConfigId: 'acme-saml' },
      undefined,
    ]);
  });

  CLIENTS.forEach((makeClient) => {
    it(`is answered alike over ${makeClient('http://127.0.0.1:1').name}`, async () => {
      const client = makeClient(service.url);
      const curl = curlClient(service.url);
      for (const method of ['ListEvents', 'ListEventTypes', 'ListAggregateTypes']) {
        const call = { service: 'admin', method, request: {}, token: AUDITOR } as const;
        expect(asPublished(await client.call(call)), method).to.deep.equal(await curl.call(call));
      }
      client.close?.();
    });
  });

  it('takes every filter of ZITADEL', async () => {
    const count = async (request: JsonObject): Promise<number> => (await search(request)).length;
    expect(await count({ editorUserId: 'ada' })).to.equal(6);
    expect(await count({ editorUserId: 'nobody' })).to.equal(0);
    expect(await count({ aggregateTypes: ['org'] })).to.equal(6);
    expect(await count({ aggregateTypes: ['instance', 'org'] })).to.equal(14);
    expect(await count({ aggregateId: ACME })).to.equal(6);
    expect(await count({ resourceOwner: INSTANCE })).to.equal(8);
    expect(await count({ aggregateId: GLOBEX })).to.equal(0);
    expect(await count({ aggregateId: ACME, resourceOwner: INSTANCE })).to.equal(0);
    expect(await count({ aggregateId: ACME, aggregateTypes: ['instance'] })).to.equal(0);
    expect(await count({ sequence: '6', asc: true })).to.equal(2);
    expect(await count({ sequence: '18446744073709551615', limit: 1 })).to.equal(0);
    const types = ['org.policy.login.removed', 'instance.policy.login.changed', 'org.policy.login.changed'];
    expect(typesOf(await search({ eventTypes: types }))).to.deep.equal([
      ...['org.policy.login.removed', 'org.policy.login.changed', 'instance.policy.login.changed'],
    ]);
    expect(await count({ eventTypes: types, aggregateTypes: ['org'], editorUserId: 'ada' })).to.equal(1);
    expect(await count({ eventTypes: ['org.policy.login.idpprovider.cascade.removed'] })).to.equal(0);
    const times = (await search({ asc: true })).map((event) =>
      JSON.stringify(memberOf(event, 'creationDate')).slice(1, -1),
    );
    const [since = '', until = ''] = [times[4], times[7]];
    expect(await count({ range: { since, until } })).to.equal(2);
    expect(await count({ range: { since } })).to.equal(9);
    expect(await count({ from: until })).to.equal(7);
    expect(await count({ creationDate: since, asc: true })).to.equal(9);
  });

  it('goes on from the date of the last event, in both directions, and misses nothing', async () => {
    const client = createAdminServiceClient(createServerTransport(AUDITOR, { baseUrl: service.url }));
    for (const asc of [true, false]) {
      const found: string[] = [];
      let from: Date | undefined;
      for (;;) {
        const { events } = await client.listEvents({
          ...{ asc, limit: 3 },
          ...(from && { creationDateFilter: { case: 'from', value: timestampFromDate(from) } }),
        });
        found.push(...events.map(({ type }) => type?.type ?? ''));
        const last = events.at(-1)?.creationDate;
        if (last === undefined) break;
        from = timestampDate(last);
      }
      expect(found).to.deep.equal(asc ? TYPES_IN_ORDER : TYPES_IN_ORDER.toReversed());
    }
  });

  it('does not end between events of one time, although a limit says so', async () => {
    const still = await openService({ isAudited: true, clock: steppingClock('2026-01-01T00:00:00.000Z', 0) });
    await withEvents(still);
    const request = { limit: 3, asc: true };
    const outcome = await curlClient(still.url).call({
      service: 'admin',
      method: 'ListEvents',
      request,
      token: AUDITOR,
    });
    expect(outcome.ok && eventsIn(outcome.json)).to.have.length(14);
    await still.close();
  });

  it('names what it can not take', async () => {
    const wrong: readonly (readonly [object, string])[] = [
      [{ limit: 1001 }, 'limit must be at most 1000.'],
      [{ limit: -1 }, 'limit'],
      [{ aggregateTypes: ['user'] }, 'aggregateTypes[0] must be one of instance, org'],
      [
        { eventTypes: ['org.policy.login.changed', 'instance.policy.login.remove'] },
        'eventTypes[1] is not a type of events of login policies.',
      ],
      [{ eventTypes: ['instance.policy.login.removed'] }, 'eventTypes[0] is not a type'],
      [{ eventTypes: ['user.human.added'] }, 'eventTypes[0] is not a type of events of login policies.'],
      [
        { eventTypes: Array.from({ length: 31 }, () => 'org.policy.login.changed') },
        'eventTypes must be at most 30 items.',
      ],
      [{ aggregateTypes: Array.from({ length: 11 }, () => 'org') }, 'aggregateTypes must be at most 10 items.'],
      [{ editorUserId: 'x'.repeat(201) }, 'editorUserId'],
      [{ editorUserId: 'a\nb' }, 'editorUserId must be an id of 1 to 200 characters'],
      [{ aggregateId: ' ' }, 'aggregateId must be an id that is not blank'],
      [{ resourceOwner: '\t' }, 'resourceOwner must be'],
      [{ from: '2026-01-01T00:00:00Z', range: {} }, 'range'],
      [{ creationDate: '2026-01-01T00:00:00Z', range: {} }, 'creationDate must be left out beside range.'],
      [{ from: 'yesterday' }, 'from'],
      [{ from: '10000-01-01T00:00:00Z' }, 'from'],
      [{ eventType: ['x'] }, 'eventType is not a field of this request. Did you mean eventTypes?'],
      [{ sequence: '-1' }, 'sequence'],
    ];
    for (const [body, sentence] of wrong) {
      const { at, status } = await askOf(service, 'POST /admin/v1/events/_search', { body, token: AUDITOR });
      expect([body, status, at('code')]).to.deep.equal([body, 400, 3]);
      expect(at('message')).to.contain(sentence);
    }
  });

  it('names a time that no date can have, and takes no parameter beside the body', async () => {
    const client = createAdminServiceClient(createServerTransport(AUDITOR, { baseUrl: service.url }));
    const late = {
      case: 'from',
      value: { $typeName: 'google.protobuf.Timestamp', seconds: 2n ** 62n, nanos: 0 },
    } as const;
    const caught: unknown = await client.listEvents({ creationDateFilter: late }).catch((error: unknown) => error);
    expect(String(caught)).to.contain('from must be a time in the years 1 to 9999.');
    for (const query of ['asOf=1', 'limit=1']) {
      const { status } = await askOf(service, `POST /admin/v1/events/_search?${query}`, { body: {}, token: AUDITOR });
      expect([query, status]).to.deep.equal([query, 400]);
    }
  });

  it('needs events.read of the whole instance, and an audit log', async () => {
    const paths = ['/events/_search', '/events/types/_search', '/aggregates/types/_search'];
    const bare = await openService();
    for (const path of paths) {
      const place = `POST /admin/v1${path}`;
      for (const [token, status] of [
        ['', 401],
        [READER, 403],
        [AUDITOR, 200],
      ] as const)
        expect([path, (await askOf(service, place, { body: {}, token })).status]).to.deep.equal([path, status]);
      const { at, status } = await askOf(bare, place, { body: {}, token: AUDITOR });
      expect([status, at('details.0.id')]).to.deep.equal([501, 'LP-HTTP-14']);
      expect((await askOf(bare, place, { body: {}, token: READER })).status).to.equal(403);
    }
    await bare.close();
  });

  it('lists the types of events and aggregates that there can be', async () => {
    const client = createAdminServiceClient(createServerTransport(AUDITOR, { baseUrl: service.url }));
    const { eventTypes } = await client.listEventTypes({});
    expect(eventTypes.map(({ type }) => type))
      .to.include.members(TYPES_IN_ORDER)
      .and.to.have.length(17);
    const { aggregateTypes } = await client.listAggregateTypes({});
    expect(aggregateTypes.map(({ type }) => type)).to.deep.equal(['instance', 'org']);
  });
});
