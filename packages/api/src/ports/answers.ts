import { InvalidValue, parseId, UnknownMember } from '@login-policy/domain/model';
import type { Caller, Grant } from './caller.js';

const GRANT: readonly string[] = ['permissions', 'organizationId'] satisfies (keyof Grant)[];

/**
 * Parses the caller that a hook returned; `undefined` and `null` mean none. A malformed caller is refused: a string
 * instead of a list would be searched for a permission letter by letter.
 *
 * @throws InvalidValue that names the member.
 */
export function parseCaller(answer: Caller | null | undefined, of: string): Caller | undefined {
  if (answer === undefined || answer === null) return undefined;
  const given: unknown = answer;
  if (typeof given !== 'object') throw new InvalidValue(of, 'a caller, or undefined for nobody', given);
  parseId(answer.id, `${of}.id`);
  parseId(answer.instanceId, `${of}.instanceId`);
  if ('subject' in answer) parseId(answer.subject, `${of}.subject`);
  // A lost value must not mean that the caller belongs to the whole instance.
  if ('organizationId' in answer) parseId(answer.organizationId, `${of}.organizationId`);
  const grants: unknown = answer.grants;
  if (!Array.isArray(grants)) throw new InvalidValue(`${of}.grants`, 'a list of grants', grants);
  grants.forEach((grant: unknown, index) => parseGrant(grant, `${of}.grants[${index}]`));
  return answer;
}

/** Unknown members are refused: a grant with a misspelt `organisationId` would cover the whole instance. */
function parseGrant(grant: unknown, field: string): void {
  if (typeof grant !== 'object' || grant === null) throw new InvalidValue(field, 'a grant', grant);
  const unknown = Object.keys(grant).find((name) => !GRANT.includes(name));
  if (unknown !== undefined) throw new UnknownMember(field, unknown, GRANT);
  const permissions: unknown = Reflect.get(grant, 'permissions');
  if (!isListOfStrings(permissions)) throw new InvalidValue(`${field}.permissions`, 'a list of strings', permissions);
}

function isListOfStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Parses the instance that a hook returned; `undefined` and `null` mean that none is served. @throws InvalidValue */
export function parseInstanceId(answer: string | null | undefined): string | undefined {
  return answer === undefined || answer === null ? undefined : parseId(answer, 'the answer of instanceOf');
}
