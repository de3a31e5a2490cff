import { describe, it } from 'mocha';
import { expect } from 'chai';
import {
  bearerToken,
  holdsGrant,
  instancesByHost,
  staticTokens,
  type Caller,
  type RequestHeaders,
} from '@login-policy/api';

function headers(values: Readonly<Record<string, string>>): RequestHeaders {
  return { get: (name) => values[name] };
}

const owner: Caller = { id: 'o', instanceId: 'i', grants: [{ permissions: ['policy.read'], organizationId: 'acme' }] };
const admin: Caller = { id: 'a', instanceId: 'i', grants: [{ permissions: ['policy.read'] }] };

describe('a grant', () => {
  it('for one organization does not apply to the instance or another organization', () => {
    expect(holdsGrant(owner, 'policy.read', { instanceId: 'i', organizationId: 'acme' })).to.equal(true);
    expect(holdsGrant(owner, 'policy.read', { instanceId: 'i', organizationId: 'globex' })).to.equal(false);
    expect(holdsGrant(owner, 'policy.read', { instanceId: 'i' })).to.equal(false);
  });

  it('for an undefined organization does not apply at all, not even to the instance', () => {
    const grant = { permissions: ['policy.read'] };
    Reflect.set(grant, 'organizationId', undefined);
    const unsure: Caller = { id: 'u', instanceId: 'i', grants: [grant] };
    expect(holdsGrant(unsure, 'policy.read', { instanceId: 'i' })).to.equal(false);
    expect(holdsGrant(unsure, 'policy.read', { instanceId: 'i', organizationId: 'acme' })).to.equal(false);
  });

  it('applies only in the instance of its caller, and only to its permissions', () => {
    expect(holdsGrant(admin, 'policy.read', { instanceId: 'i', organizationId: 'globex' })).to.equal(true);
    expect(holdsGrant(admin, 'policy.read', { instanceId: 'other' })).to.equal(false);
    expect(holdsGrant(admin, 'policy.write', { instanceId: 'i' })).to.equal(false);
  });
});

describe('a bearer token', () => {
  it('is read whatever the case of its scheme', () => {
    expect(bearerToken(headers({ authorization: 'bearer abc' }))).to.equal('abc');
    for (const authorization of ['abc', 'Basic abc', 'Bearer', 'Bearer ', 'Bearer a b', `Bearer ${'x'.repeat(9000)}`]) {
      expect(bearerToken(headers({ authorization })), authorization.slice(0, 20)).to.equal(undefined);
    }
  });

  it('that is fixed has at least 16 characters', () => {
    expect(() => staticTokens({ short: admin })).to.throw(RangeError);
  });
});

describe('the host of a request', () => {
  it('determines the instance, over both HTTP versions', () => {
    const instanceOf = instancesByHost({ 'iam.example': 'one' });
    expect(instanceOf(headers({ host: 'IAM.example:8080' }))).to.equal('one');
    expect(instanceOf(headers({ ':authority': 'iam.example' }))).to.equal('one');
    expect(instanceOf(headers({ host: 'other.example' }))).to.equal(undefined);
    expect(instanceOf(headers({}))).to.equal(undefined);
  });

  it('is case-insensitive, and may have a trailing dot and a port', () => {
    const instanceOf = instancesByHost({ 'IAM.example.': 'one', 'Iam.Example:8443': 'two' });
    for (const host of ['iam.example', 'iam.EXAMPLE.', 'iam.example:8080', 'IAM.example.:80']) {
      expect(instanceOf(headers({ host })), host).to.equal('one');
    }
    for (const host of ['iam.example:8443', 'IAM.EXAMPLE.:8443']) {
      expect(instanceOf(headers({ host })), host).to.equal('two');
    }
  });
});
