import { create, toJson, type JsonValue } from '@bufbuild/protobuf';
import type { LoginPolicyView } from '@login-policy/domain';
import type { Span } from '@login-policy/domain/model';
import { EFFECTIVE_POLICY } from '../contract/descriptors.js';
import { parseMoment } from '../calls/conditions.js';
import { policyMessage } from '../messages/policy.js';
import { READ_HEADERS } from '../openapi/parameters.js';
import type { OwnRoute } from './own-route.js';

const MOMENT = {
  type: 'string',
  description: 'A sequence, an instant in ISO 8601 with its offset, or @ and a position.',
};
const POLICY = { $ref: '#/components/schemas/zitadel.management.v1.GetLoginPolicyResponse' };

/** `GET …/policies/login/diff`: the differences of the effective policy between two moments, or between one and now. */
export const diffRoute: OwnRoute = {
  verb: 'GET',
  name: 'diff',
  requirement: 'read',
  operation: {
    summary: 'Difference between the login policy at two moments',
    parameters: [
      { name: 'from', in: 'query', required: true, schema: MOMENT },
      { name: 'to', in: 'query', description: 'Left out: now.', schema: MOMENT },
    ],
    headers: READ_HEADERS,
    answer: { changes: { type: 'array', items: { type: 'object' } }, before: POLICY, after: POLICY },
  },
  async answer({ policies, answers, exchange, context: { owner, read } }) {
    const { asOf: _, ...freshness } = read;
    const { before, after, changes } = await answers.ofRead(policies.diff(owner, spanIn(exchange.query), freshness));
    return { message: JSON.stringify({ changes, before: policyJson(before), after: policyJson(after) }) };
  },
};

function spanIn(query: string): Span {
  const parameters = new URLSearchParams(query);
  const [from, to] = [parameters.get('from'), parameters.get('to')];
  return { from: parseMoment(from ?? '', 'from'), ...(to !== null && { to: parseMoment(to, 'to') }) };
}

/** The policy as a read of an effective policy returns it. */
function policyJson(policy: LoginPolicyView | undefined): JsonValue | undefined {
  if (policy === undefined) return undefined;
  const message = { policy: policyMessage(policy), isDefault: policy.isDefault };
  return toJson(EFFECTIVE_POLICY, create(EFFECTIVE_POLICY, message));
}
