import { parseCommand } from '../commands/parse-command.js';
import type { CommandInput, LoginPolicyCommand } from '../commands/commands.js';
import { InvalidValue, parseEach, parseObject, type Parser } from '../input/invalid-value.js';
import { parseId } from '../input/text.js';
import { instanceOf, isOrganization, parseOrganization, type Organization, type Owner } from '../policy/owner.js';

/**
 * The other steps of the same plan, so that a step is judged by what its users meet before any step and after all of
 * them.
 */
export interface BesideOptions {
  /** For a step on an organization: the plan's command on the default policy. */
  readonly byDefault?: CommandInput;
  /** For a step on the default policy: the organizations that have a step of their own, up to 10,000. */
  readonly organizationIds?: readonly string[];
}

/** The checked other steps of a plan. */
export interface Beside {
  readonly byDefault?: LoginPolicyCommand;
  readonly organizations: readonly Organization[];
}

const MOST = 10_000;

/** Parses the other steps of a plan. @throws InvalidValue */
export function besideOf(owner: Owner): Parser<Beside> {
  return (value, field) => {
    const given = parseObject(value, field, ['byDefault', 'organizationIds']);
    const { byDefault, organizationIds = [] } = given;
    if (byDefault !== undefined && !isOrganization(owner))
      throw new InvalidValue(`${field}.byDefault`, 'left out for a step on the default policy', byDefault);
    if (Array.isArray(organizationIds) && organizationIds.length > MOST)
      throw new InvalidValue(`${field}.organizationIds`, `at most ${MOST} organizations`, organizationIds.length);
    const instance = instanceOf(owner);
    const organizations = parseEach(organizationIds, `${field}.organizationIds`, (id, at) =>
      parseOrganization({ ...instance, organizationId: parseId(id, at) }, at),
    );
    return { organizations, ...(byDefault !== undefined && { byDefault: parseCommand(byDefault, instance) }) };
  };
}
