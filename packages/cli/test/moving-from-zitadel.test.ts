import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openLoginPolicies, orThrow } from '@login-policy/domain';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Place } from './running.js';
import { serve, TOKEN, type Served } from './serving.js';

const PAGE = new URL('../../../docs/how-to/moving-from-zitadel.md', import.meta.url);
const by = { actor: 'ada' };
const iam = { instanceId: 'iam' };
const globex = { ...iam, organizationId: 'globex' };

interface Policy {
  readonly details?: unknown;
  readonly [field: string]: unknown;
}

/** What stands in for ZITADEL: another server with the same API, whose policies differ from all defaults. */
async function beginZitadel(path: string): Promise<Served> {
  await seed(path);
  return serve(path);
}

async function seed(path: string): Promise<void> {
  await using store = await openSqliteStore({ path });
  await using policies = await openLoginPolicies({ store });
  const settings = {
    allowRegister: false,
    forceMfaLocalOnly: true,
    defaultRedirectUri: 'https://example.com/',
  } as const;
  const linked = [{ id: 'google', ownerType: 'SYSTEM' }] as const;
  orThrow(
    await policies.add(
      iam,
      { settings, secondFactors: ['OTP_SMS', 'TOTP'], multiFactors: ['U2F_WITH_VERIFICATION'] },
      by,
    ),
  );
  const own = { allowUsernamePassword: false, lifetimes: { mfaInitSkip: 'PT0S', passwordCheck: 'PT1.5S' } } as const;
  orThrow(await policies.add(globex, { settings: own, secondFactors: ['U2F'], identityProviders: linked }, by));
}

/** A ZITADEL as it begins: with a default policy, and no custom one. */
async function empty(path: string): Promise<void> {
  await using store = await openSqliteStore({ path });
  await using policies = await openLoginPolicies({ store });
  orThrow(await policies.add(iam, {}, by));
}

describe('moving from ZITADEL', () => {
  let place: Place;
  let served: Served[];
  beforeEach(async () => {
    place = await Place.make();
    served = [];
  });
  afterEach(async () => {
    for (const one of served) await one.close();
    await place.remove();
  });

  const begin = async (name: string, how: typeof serve = serve): Promise<Served> => {
    const one = await how(join(place.folder, name));
    served.push(one);
    return one;
  };

  async function ask(url: string, path: string, [verb, body]: readonly [string, object?] = ['GET']): Promise<Policy> {
    const answer = await fetch(`${url}${path}`, {
      method: verb,
      headers: { authorization: `Bearer ${TOKEN}`, 'x-zitadel-orgid': 'globex' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const json: { readonly policy?: Policy } = JSON.parse(await answer.text());
    expect([path, verb, answer.status, JSON.stringify(json)]).to.have.nested.property('[2]', 200);
    const { details: _, ...policy } = json.policy ?? {};
    return policy;
  }
  const policiesOf = async ({ url }: Served): Promise<readonly Policy[]> => [
    await ask(url, '/admin/v1/policies/login'),
    await ask(url, '/management/v1/policies/login'),
  ];

  it("brings the policies over with the page's program and import, and back with the calls of the API", async () => {
    const zitadel = await begin('zitadel.db', beginZitadel);
    const [, program = ''] = /```ts\n(.*?)```/s.exec(await readFile(PAGE, 'utf8')) ?? [];
    await writeFile(join(place.folder, 'from-zitadel.ts'), program);
    const env = { ZITADEL: zitadel.url, TOKEN, ORGANIZATIONS: 'acme,globex' };
    const { stdout } = await promisify(execFile)(process.execPath, ['from-zitadel.ts'], { cwd: place.folder, env });
    await writeFile(join(place.folder, 'old-iam.yaml'), stdout);
    const { code, err } = await place.run('import old-iam.yaml --instance iam --yes --store sqlite:ours.db');
    expect([code, err]).to.have.property('0', 0);
    const ours = await begin('ours.db');
    const moved = await policiesOf(ours);
    expect(moved).to.deep.equal(await policiesOf(zitadel));
    expect(moved[1]).to.include({ passwordCheckLifetime: '1.500s' });

    await empty(join(place.folder, 'back.db'));
    const back = await begin('back.db');
    const [byDefault = {}, own = {}] = moved;
    const { idps: _, isDefault: __, multiFactors, secondFactors, ...settings } = byDefault;
    for (const [kind, types] of [
      ['second_factors', secondFactors],
      ['multi_factors', multiFactors],
    ] as const)
      for (const type of Array.isArray(types) ? types : [])
        await ask(back.url, `/admin/v1/policies/login/${kind}`, ['POST', { type }]);
    await ask(back.url, '/admin/v1/policies/login', ['PUT', settings]);
    const idps = [{ idpId: 'google', ownerType: 'IDP_OWNER_TYPE_SYSTEM' }];
    await ask(back.url, '/management/v1/policies/login', ['POST', { ...own, isDefault: undefined, idps }]);
    expect(await policiesOf(back)).to.deep.equal(moved);
  });
});
