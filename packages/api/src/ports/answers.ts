import { InvalidValue, parseId, UnknownMember } from '@login-policy/domain/model';
import type { Caller, Grant } from './caller.js';

const GRANT: readonly string[] = ['permissions', 'organizationId'] satisfies (keyof Grant)[];

/**
 * Takes a caller as a program names them; `undefined` and `null` for nobody. What is not of its form is nobody's word for anything: a
 * string in the place of a list would be searched for a permission letter by letter.
 *
 * @throws InvalidValue that names the member.
 */
export function parseCaller(answer: Caller | null | undefined, of: string): Caller | undefined {
  if (answer === undefined || answer === null) return undefined;
  const given: unknown = answer;
  if (typeof given !== 'object') throw new InvalidValue(of, 'a caller, or undefined for nobody', given);
  parseId(answer.id, `${of}.id`);
  parseId(answer.instanceId, `${of}.instanceId`);
  // One that got lost on its way must not mean that the caller belongs to the instance alone.
  if ('organizationId' in answer) parseId(answer.organizationId, `${of}.organizationId`);
  const grants: unknown = answer.grants;
  if (!Array.isArray(grants)) throw new InvalidValue(`${of}.grants`, 'a list of grants', grants);
  grants.forEach((grant: unknown, index) => parseGrant(grant, `${of}.grants[${index}]`));
  return answer;
}

/** An unknown name is refused: a grant for an `organisationId` would be one for the whole instance. */
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

/** Takes the instance of a request; `undefined` and `null` for none that is served. @throws InvalidValue */
export function parseInstanceId(answer: string | null | undefined): string | undefined {
  return answer === undefined || answer === null ? undefined : parseId(answer, 'the answer of instanceOf');
}
