import { runInNewContext } from 'node:vm';
import { describe, it } from 'mocha';
import { expect } from 'chai';
import { staticTokens, type Authenticate, type Caller, type IsAllowed } from '@login-policy/api';
import { INSTANCE, openService, ROOT } from './service.js';

const POLICY = '/admin/v1/policies/login';
const headers = { authorization: `Bearer ${ROOT}` };
const root: Caller = { id: 'root', instanceId: INSTANCE, grants: [] };
const known = staticTokens({ [ROOT]: root });

type Say = <Value>(value: Value | Promise<Value>) => Value | Promise<Value>;

/** Can be waited for, and is not a promise of this realm, as those of some libraries are not. */
const elsewhere: Say = runInNewContext('(value) => Promise.resolve(value)');

const WAYS: Readonly<Record<string, Say>> = {
  'at once': (value) => value,
  'by a promise': async (value) => value,
  'by a promise of another making': elsewhere,
};

describe('an open port', () => {
  for (const [way, say] of Object.entries(WAYS)) {
    it(`${way} serves only authenticated and authorized callers`, async () => {
      const authenticate: Authenticate = (request) => say(known(request));
      const isAllowed: IsAllowed = (_, permission) => say(permission === 'iam.policy.read');
      const service = await openService({ ports: { authenticate, isAllowed } });
      const status = async (path: string, init: RequestInit): Promise<number> =>
        (await fetch(`${service.url}${path}`, init)).status;
      expect(await status(POLICY, { headers })).to.equal(200);
      expect(await status(POLICY, { headers: { authorization: 'Bearer somebody-nobody-knows' } })).to.equal(401);
      expect(await status(POLICY, {})).to.equal(401);
      expect(await status(`${POLICY}/multi_factors/1`, { headers, method: 'DELETE' })).to.equal(403);
      await service.close();
    });
  }
});
