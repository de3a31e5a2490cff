import type { Deadline } from '@login-policy/event-sourcing/domain';
import { InvalidValue, LateRefusal } from '../input/invalid-value.js';
import { parseOrganization, type Instance, type InstanceRef, type Organization } from '../policy/owner.js';

/** Names the organizations of an instance. Optional: without one, a preview can't say which are on the default policy. */
export interface OrganizationList {
  /** The ids of all of them, each once, in the order in which they are to be shown. */
  list(instance: InstanceRef, wait: Pick<Deadline, 'signal'>): AsyncIterable<string> | Iterable<string>;
  /** Those that `list` names behind an id, whether or not it names that. Without it, each page of them is looked for from the first on. */
  listAfter?(
    instance: InstanceRef,
    after: string,
    wait: Pick<Deadline, 'signal'>,
  ): AsyncIterable<string> | Iterable<string>;
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
export function yieldToLoop(): Promise<void> {
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
      await yieldToLoop();
      deadline.refuse();
    }
    if (customized.has(id)) continue;
    if (count < SHOWN || typeof id !== 'string') organizations.push(organizationIn(instance, id));
    count++;
  }
  return { organizations, count };
}

/** Which organizations without a custom policy to list. */
export interface OnDefaultPage {
  readonly directory: OrganizationList;
  /** Which of some organizations have a custom policy. */
  readonly haveOwn: (some: readonly Organization[]) => Promise<ReadonlySet<Organization>>;
  readonly after: Organization | undefined;
  readonly limit: number;
}

const LOOKED_UP = 500;

/** A page of the organizations that a change to the default policy is met in, in the order of the directory. */
export async function onDefaultPage(
  instance: Instance,
  { directory, haveOwn, after, limit }: OnDefaultPage,
  deadline: Deadline,
): Promise<readonly Organization[]> {
  const page: Organization[] = [];
  for await (const some of piecesAfter(instance, { directory, after }, deadline)) {
    const customized = await haveOwn(some);
    for (const one of some) {
      if (customized.has(one)) continue;
      page.push(one);
      if (page.length === limit) return page;
    }
    await yieldToLoop();
    deadline.refuse();
  }
  return page;
}

/** The organizations behind one, some at a time. @throws LateRefusal when the directory does not name that one any more. */
async function* piecesAfter(
  instance: Instance,
  { directory, after }: Pick<OnDefaultPage, 'after' | 'directory'>,
  deadline: Deadline,
): AsyncGenerator<readonly Organization[], void, undefined> {
  const behind = after && directory.listAfter?.(instance, after.organizationId, deadline);
  const ids = idsIn(behind ?? directory.list(instance, deadline));
  let passed: string | undefined = behind === undefined ? after?.organizationId : undefined;
  let [looked, some]: [number, Organization[]] = [0, []];
  for await (const id of Symbol.asyncIterator in ids ? deadline.values(ids) : ids) {
    if (++looked % IN_ONE_GO === 0) await yieldToLoop();
    if (passed !== undefined) {
      if (id === passed) passed = undefined;
      continue;
    }
    some.push(organizationIn(instance, id));
    if (some.length < LOOKED_UP) continue;
    yield some;
    some = [];
  }
  if (passed !== undefined)
    throw new LateRefusal(new InvalidValue('options.after', 'an organization that is still there', passed));
  yield some;
}

/** A single id would be taken letter by letter. */
function idsIn(list: ReturnType<OrganizationList['list']>): AsyncIterable<string> | Iterable<string> {
  const isList = typeof list === 'object' && list !== null && (Symbol.asyncIterator in list || Symbol.iterator in list);
  if (isList) return list;
  throw new Error(
    `${new InvalidValue('the answer of organizations.list', 'a list of ids that can be iterated', list).message}`,
  );
}

/** A list that names something other than an id is broken; the caller of the preview is not to blame. */
function organizationIn(instance: Instance, organizationId: string): Organization {
  try {
    return parseOrganization({ ...instance, organizationId }, 'organization');
  } catch (caught) {
    if (!(caught instanceof InvalidValue)) throw caught;
    throw new Error(`the list of organizations named one that is not an organization: ${caught.message}`, {
      cause: caught,
    });
  }
}
