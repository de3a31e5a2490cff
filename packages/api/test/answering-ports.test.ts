import { describe, it } from 'mocha';
import { expect } from 'chai';
import { staticTokens, type Authenticate, type Caller, type IsAllowed } from '@login-policy/api';
import { INSTANCE, openService, ROOT } from './service.js';

const POLICY = '/admin/v1/policies/login';
const headers = { authorization: `Bearer ${ROOT}` };
const root: Caller = { id: 'root', instanceId: INSTANCE, grants: [] };
const known = staticTokens({ [ROOT]: root });

/** As the promise of another library is: it can be waited for, and is none of Node's. */
class ForeignPromise<Value> implements Promise<Value> {
  readonly [Symbol.toStringTag] = 'ForeignPromise';
  readonly #inner: Promise<Value>;

  constructor(inner: Promise<Value>) {
    this.#inner = inner;
  }

  get then(): Promise<Value>['then'] {
    return this.#inner.then.bind(this.#inner);
  }

  get catch(): Promise<Value>['catch'] {
    return this.#inner.catch.bind(this.#inner);
  }

  get finally(): Promise<Value>['finally'] {
    return this.#inner.finally.bind(this.#inner);
  }
}

type Say = <Value>(value: Value | Promise<Value>) => Value | Promise<Value>;

const WAYS: Readonly<Record<string, Say>> = {
  'at once': (value) => value,
  'by a promise': async (value) => value,
  'by a promise of another library': (value) => new ForeignPromise(Promise.resolve(value)),
};

describe('a port that answers', () => {
  for (const [way, say] of Object.entries(WAYS)) {
    it(`${way} lets in whom it knows and allows, and nobody else`, async () => {
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
