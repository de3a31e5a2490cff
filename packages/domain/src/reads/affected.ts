import type { Deadline } from '@login-policy/event-sourcing';
import { InvalidValue } from '../input/invalid-value.js';
import { parseOrganization, type Instance, type InstanceRef, type Organization } from '../policy/owner.js';

/** Names the organizations of an instance. Optional: without one, a preview can't say which are on the default policy. */
export interface OrganizationList {
  /** The ids of all of them, each once, in the order in which they are to be shown. */
  list(instance: InstanceRef, wait: Pick<Deadline, 'signal'>): AsyncIterable<string> | Iterable<string>;
}

/** Whose users meet a change. */
export interface Affected {
  /** The first hundred of them. */
  readonly organizations: readonly Organization[];
  /** How many there are in all; `undefined` where nothing names the organizations of an instance. */
  readonly count: number | undefined;
}

/** Nobody meets a change. */
export const NOBODY: Affected = Object.freeze({ organizations: [], count: 0 });

const SHOWN = 100;
const IN_ONE_GO = 5000;

/** Lets everything else in the process have a turn. */
export function breath(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

/** The organizations of an instance without a custom policy: those a change to the default policy is met in. */
export async function onDefault(
  instance: Instance,
  {
    directory,
    customized,
  }: { readonly directory: OrganizationList | undefined; readonly customized: ReadonlySet<string> },
  deadline: Deadline,
): Promise<Affected> {
  if (directory === undefined) return { organizations: [], count: undefined };
  const organizations: Organization[] = [];
  let [count, looked] = [0, 0];
  const ids = idsIn(directory.list(instance, deadline));
  for await (const id of Symbol.asyncIterator in ids ? deadline.values(ids) : ids) {
    // A list that is in memory never waits, and a million of them would let nobody else have a turn.
    if (++looked % IN_ONE_GO === 0) {
      await breath();
      deadline.refuse();
    }
    if (customized.has(id)) continue;
    if (count < SHOWN || typeof id !== 'string') organizations.push(organizationIn(instance, id));
    count++;
  }
  return { organizations, count };
}

/** A single id would be taken letter by letter. */
function idsIn(list: ReturnType<OrganizationList['list']>): AsyncIterable<string> | Iterable<string> {
  const isList = typeof list === 'object' && list !== null && (Symbol.asyncIterator in list || Symbol.iterator in list);
  if (isList) return list;
  throw new Error(
    `${new InvalidValue('the answer of organizations.list', 'a list of ids that can be iterated', list).message}`,
  );
}

/** A list that names what is no id is broken: that is no fault of whoever asked for the preview. */
function organizationIn(instance: Instance, organizationId: string): Organization {
  try {
    return parseOrganization({ ...instance, organizationId }, 'organization');
  } catch (caught) {
    if (!(caught instanceof InvalidValue)) throw caught;
    throw new Error(`the list of organizations named one that is none: ${caught.message}`, { cause: caught });
  }
}
