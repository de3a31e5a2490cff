import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { AccountsFile } from './accounts-file.js';
import { ANY_LOCK_OUT, bearer, call, json, sentence } from './client.js';
import { TestBench, type Quickstart } from './running-server.js';

const POLICY = '/management/v1/policies/login';
const NAMES = ['Zürich Versicherung', 'Acme', 'Straße 7', 'شركة', 'evil \u202E name', '🦊 Fox', 'W'.repeat(170)];

interface Row {
  readonly name: string;
  readonly isCustom: boolean;
  readonly differs: number;
  readonly warnings: readonly { readonly warning: string }[];
  readonly weakest?: string;
  readonly changedBy?: string;
  readonly sequence?: string;
}

interface Page {
  readonly total: number;
  readonly counts: Readonly<Record<'all' | 'custom' | 'attention' | 'unreadable' | 'weaker', number>>;
  readonly organizations: readonly Row[];
}

describe('the table of organizations', () => {
  const bench = new TestBench();
  let quickstart: Quickstart;
  before(async () => {
    const { server, quickstart: begun } = await bench.serve();
    quickstart = begun;
    using accounts = new AccountsFile(server);
    accounts.direct(NAMES.map((name, index) => ({ id: `org-${index}`, name })));
    await change('org-0', 'POST /_customize', {});
    await change('org-1', 'POST /_customize', {});
    await change('org-1', 'DELETE /second_factors/SECOND_FACTOR_TYPE_OTP');
    await change('org-1', 'DELETE /multi_factors/MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION');
  });
  after(() => bench.clear());

  /** `request` is a verb and a path, as in `POST /_customize`. */
  async function change(organization: string, request: string, body?: object): Promise<void> {
    const [verb = '', path = ''] = request.split(' ');
    const headers = {
      ...bearer(quickstart.tokens.owner),
      'x-zitadel-orgid': organization,
      'login-policy-acknowledge': ANY_LOCK_OUT,
    };
    const answer = await call(quickstart.url, `${POLICY}${path}`, { verb, headers, ...(body && { body }) });
    expect(answer.status, answer.bytes.toString()).to.equal(200);
  }

  async function toDefault(settings: object): Promise<void> {
    const headers = { ...bearer(quickstart.tokens.owner), 'login-policy-acknowledge': ANY_LOCK_OUT };
    const answer = await call(quickstart.url, '/admin/v1/policies/login', { verb: 'PUT', headers, body: settings });
    expect(answer.status, answer.bytes.toString()).to.equal(200);
  }

  async function table(query: Readonly<Record<string, string>>): Promise<Page> {
    const path = `/iam/v1/organization-policies?${new URLSearchParams(query).toString()}`;
    return json<Page>(await call(quickstart.url, path, { headers: bearer(quickstart.tokens.viewer) }));
  }

  const namesIn = ({ organizations }: Page): readonly string[] => organizations.map(({ name }) => name);

  it('is searched regardless of accents, case and invisible characters', async () => {
    expect(namesIn(await table({ search: 'ZURICH' }))).to.deep.equal(['Zürich Versicherung']);
    expect(namesIn(await table({ search: 'evil name' }))).to.deep.equal([]);
    expect(namesIn(await table({ search: 'evil  name' }))).to.deep.equal(['evil \u202E name']);
    expect(namesIn(await table({ search: 'شركة' }))).to.deep.equal(['شركة']);
    expect(namesIn(await table({ search: 'org-5' }))).to.deep.equal(['🦊 Fox']);
  });

  it('shows for each the custom policy, its differences from the default, and its last actor', async () => {
    const { organizations, counts } = await table({ policy: 'custom', sort: 'differs', order: 'desc' });
    expect(
      organizations.map(({ name, differs, changedBy, sequence }) => [name, differs, changedBy, sequence]),
    ).to.deep.equal([
      ['Acme', 2, 'owner-machine', '6'],
      ['Zürich Versicherung', 0, 'owner-machine', '4'],
    ]);
    expect(counts).to.deep.equal({ all: NAMES.length, custom: 2, attention: 0, unreadable: 0, weaker: 0 });
  });

  it('is filtered by allowed factors and by lock-outs', async () => {
    const allowing = await table({ allowing: 'TOTP' });
    expect([allowing.total, namesIn(allowing).includes('Acme')]).to.deep.equal([NAMES.length - 1, false]);
    await change('org-1', 'DELETE /second_factors/SECOND_FACTOR_TYPE_U2F');
    await change('org-1', 'PUT ', { allowUsernamePassword: true, forceMfa: true });
    const { organizations, counts } = await table({ attention: 'yes' });
    expect(organizations.map(({ name, warnings }) => [name, warnings[0]?.warning])).to.deep.equal([
      ['Acme', 'no-factor-left'],
    ]);
    expect(counts.attention).to.equal(1);
  });

  it('names the weakest way in, and those that are weaker than the default (T26)', async () => {
    const waysIn = async (query: Readonly<Record<string, string>>): Promise<readonly (string | undefined)[]> =>
      (await table(query)).organizations.map(({ name, weakest }) => `${name}: ${weakest ?? 'none'}`);
    await change('org-2', 'POST /_customize', {});
    await change('org-2', 'PUT ', { allowUsernamePassword: true, forceMfa: true });
    await change('org-3', 'POST /_customize', {});
    await change('org-3', 'PUT ', { passwordlessType: 'PASSWORDLESS_TYPE_ALLOWED' });
    expect(await waysIn({ policy: 'custom', sort: 'weakest', order: 'desc' })).to.deep.equal([
      'Zürich Versicherung: password',
      'Straße 7: two-factors',
      'شركة: passkey',
      'Acme: none',
    ]);
    expect(await waysIn({ weakest: 'two-factors' })).to.deep.equal(['Straße 7: two-factors']);
    expect(await waysIn({ weakest: 'none' })).to.deep.equal(['Acme: none']);
    await toDefault({ allowUsernamePassword: true, forceMfa: true });
    const { counts } = await table({});
    expect([counts.weaker, await waysIn({ weaker: 'yes' })]).to.deep.equal([1, ['Zürich Versicherung: password']]);
  });

  it('is read by page, or by ids', async () => {
    const page = await table({ sort: 'name', order: 'desc', offset: '1', limit: '2' });
    expect([page.total, page.organizations.length]).to.deep.equal([NAMES.length, 2]);
    const path = '/iam/v1/organization-policies?id=org-3&id=org-1&id=nobody';
    const some = json<Page>(await call(quickstart.url, path, { headers: bearer(quickstart.tokens.viewer) }));
    expect(namesIn(some).toSorted()).to.deep.equal(['Acme', 'شركة']);
  });

  it('names the malformed parameter', async () => {
    for (const [name, value] of [
      ['limit', '1000'],
      ['sort', 'weather'],
      ['allowing', 'CARRIER_PIGEON'],
      ['sarch', 'x'],
    ] as const) {
      const path = `/iam/v1/organization-policies?${name}=${value}`;
      const refused = await call(quickstart.url, path, { headers: bearer(quickstart.tokens.viewer) });
      expect(refused.status, name).to.equal(400);
      expect(sentence(refused)).to.include(name);
    }
  });
});
