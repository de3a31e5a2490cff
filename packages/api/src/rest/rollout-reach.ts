import type { RolloutOptions } from '@login-policy/domain/rollout';
import type { JsonObject } from '@bufbuild/protobuf';
import { checkNames } from '../contract/enum-names.js';
import { unreadable } from '../errors/refusals.js';
import type { Schema } from '../openapi/schemas.js';

/** Which policies a rollout is for. */
export type Reach = Pick<RolloutOptions, 'organizationIds' | 'withDefault'>;

const LIST: Schema = { type: 'array', items: { type: 'string' } };

/** The members of a body that choose which policies a rollout is for, for the OpenAPI document. */
export const REACH: Readonly<Record<'organizationIds' | 'withDefault', Schema>> = {
  organizationIds: {
    ...LIST,
    description:
      'Only the custom policies of these organizations, up to 10,000. The default is left out, unless withDefault is true.',
  },
  withDefault: {
    type: 'boolean',
    description: 'Whether the default policy is among them. Default: true, with organizationIds false.',
  },
};

/** The same as query parameters, with the list as JSON. */
export const REACH_PARAMETERS: readonly Schema[] = [
  { name: 'organizationIds', in: 'query', content: { 'application/json': { schema: LIST } } },
  { name: 'withDefault', in: 'query', schema: { type: 'boolean' } },
];

/**
 * Parses which policies a rollout is for. Unknown names are always refused, because a misspelt `organizationIds` would
 * otherwise mean all policies.
 *
 * @throws ApiError
 */
export function reachIn(body: JsonObject, names: readonly string[]): Reach {
  checkNames(body, names);
  return reachOf(body);
}

/** Parses the same from a query. @throws ApiError */
export function reachInQuery(query: { readonly organizationIds?: string; readonly withDefault?: string }): Reach {
  const { organizationIds, withDefault } = query;
  return reachOf({
    ...(organizationIds !== undefined && { organizationIds: jsonIn(organizationIds) }),
    ...(withDefault !== undefined && { withDefault: jsonIn(withDefault) }),
  });
}

function reachOf({ organizationIds, withDefault }: Readonly<Record<string, unknown>>): Reach {
  if (organizationIds !== undefined && !isTexts(organizationIds))
    throw unreadable('organizationIds must be a list of texts.');
  if (withDefault !== undefined && typeof withDefault !== 'boolean')
    throw unreadable('withDefault must be true or false.');
  return { ...(organizationIds && { organizationIds }), ...(withDefault !== undefined && { withDefault }) };
}

/** Text that is not JSON is not a list either. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Whether a value is a list of texts. */
export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
