import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { CLIENTS } from './clients/all.js';
import type { Client } from './clients/client.js';
import { INSTANCE_LIFE, ORGANIZATION_LIFE, SETTINGS_LIFE, type Step } from './life.js';
import {
  ACME,
  countEvents,
  GLOBEX,
  NOBODY,
  openService,
  OWNER_OF_ACME,
  READER,
  ROOT,
  type Service,
} from './service.js';

/** Every method once, with a request that its administrator would be granted or refused for another reason. */
const METHODS: readonly Step[] = [
  ...new Map(
    [...INSTANCE_LIFE, ...ORGANIZATION_LIFE, ...SETTINGS_LIFE]
      .filter(({ code, method, token }) => method !== 'Healthz' && token === ROOT && code !== 7)
      .map((step) => [`${step.service}.${step.method}`, step]),
  ).values(),
];

/** What a caller may: nothing, look, or everything in one organization. */
interface Who {
  readonly token: string;
  readonly may: (step: Step, organization: string) => boolean;
  /** The code of the refusal: 16 for an unknown caller, 7 for one without the permission. */
  readonly code: number;
}

const WHO: Readonly<Record<string, Who>> = {
  'without a token': { token: '', may: () => false, code: 16 },
  'with a token that stands for nobody': { token: 'token-that-nobody-gave-out', may: () => false, code: 16 },
  'who is known and may nothing': { token: NOBODY, may: (step) => isForEverybody(step), code: 7 },
  'who may look': { token: READER, may: (step) => isForEverybody(step) || isRead(step), code: 7 },
  'who owns one organization': {
    token: OWNER_OF_ACME,
    may: (step, organization) => isForEverybody(step) || (step.service !== 'admin' && organization === ACME),
    code: 7,
  },
};

describe('authorization of every method over every protocol', () => {
  let service: Service;
  let clients: readonly Client[];
  before(async () => {
    service = await openService({ isAudited: true });
    clients = CLIENTS.map((make) => make(service.url));
  });
  after(async () => {
    for (const client of clients) client.close?.();
    await service.close();
  });

  const isRefused = async ({ code, may, token }: Who, organization: string): Promise<void> => {
    const had = await countEvents(service.store);
    const refused = METHODS.filter((step) => !may(step, organization));
    for (const client of clients) {
      for (const step of servedBy(client, refused)) {
        const place = step.service === 'admin' ? {} : { organization };
        const outcome = await client.call({ ...step, ...place, token });
        const said = `${client.name}: ${step.service}.${step.method}`;
        expect(outcome, said).to.include({ ok: false, code });
        expect(JSON.stringify(outcome), said).not.to.match(/secondFactors|multiFactors|sequence/);
      }
    }
    expect(await countEvents(service.store)).to.equal(had);
  };

  for (const [name, who] of Object.entries(WHO)) {
    it(`refuses a caller ${name} without permission, discloses nothing and writes nothing`, async () => {
      for (const organization of [ACME, GLOBEX]) await isRefused(who, organization);
    });
  }

  it('refuses every route of REST to callers who may nothing, but for health and their own permissions', async () => {
    const open: string[] = [];
    for (const [path, verbs] of Object.entries(Object(service.api.openApi['paths']))) {
      for (const verb of Object.keys(Object(verbs))) {
        const asked = { method: verb.toUpperCase(), headers: { authorization: `Bearer ${NOBODY}` } };
        const { status } = await service.api.fetch(new Request(`http://x${path.replace(/\{\w+\}/, '1')}`, asked));
        if (status !== 403) open.push(path);
      }
    }
    const own = '/admin/v1/policies/login/_permissions';
    expect(open).to.deep.equal(['/admin/v1/healthz', '/management/v1/healthz', own]);
  });

  it('allows each method to the administrator', async () => {
    for (const client of clients) {
      for (const step of servedBy(client, METHODS)) {
        const outcome = await client.call(step);
        if (!outcome.ok) expect([7, 16], `${client.name}: ${step.method}`).not.to.include(outcome.code);
      }
    }
  });
});

function servedBy({ services }: Client, steps: readonly Step[]): readonly Step[] {
  return steps.filter(({ service }) => services.includes(service));
}

function isRead({ method }: Step): boolean {
  return /^(Get|List)/.test(method);
}

/** Every known caller is told what a sign-in asks. */
function isForEverybody({ service: of }: Step): boolean {
  return of === 'settings';
}
