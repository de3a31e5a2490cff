import { type Deadline, deepFrozen, valuesAwaited, yieldToLoop } from '@login-policy/event-sourcing';
import { answerOf } from '../input/answer-of.js';
import { InvalidValue, LateRefusal } from '../input/invalid-value.js';
import { eachOnce } from './each-once.js';
import { parseOrganization, type Instance, type InstanceRef, type Organization } from '../policy/owner.js';

/**
 * Lists the organizations of an instance. Optional: without it, a preview can't say which are on the default policy.
 */
export interface OrganizationList {
  /** The ids of all organizations, each once, in the order to show them in. */
  list(instance: InstanceRef, wait: Pick<Deadline, 'signal'>): ListedIds | Promise<ListedIds>;
  /**
   * The ids that `list` yields after a given id, which may itself be missing. Without this method, each page is
   * searched from the first id on.
   */
  listAfter?(instance: InstanceRef, after: string, wait: Pick<Deadline, 'signal'>): ListedIds | Promise<ListedIds>;
}

type ListedIds = AsyncIterable<string> | Iterable<string>;

/** The organizations whose users a change affects. */
export interface Affected {
  /** The first hundred organizations. */
  readonly organizations: readonly Organization[];
  /** The total number; `undefined` without a list of organizations. */
  readonly count: number | undefined;
}

/** For a change that affects no organization. */
export const NOBODY: Affected = Object.freeze({ organizations: [], count: 0 });

const SHOWN = 100;
const LIST = 'the list of organizations';
const IN_ONE_GO = 5000;

/** The organizations of an instance without a custom policy: a change to the default policy affects them. */
export async function onDefault(
  instance: Instance,
  { directory, customized }: { readonly directory: OrganizationList; readonly customized: ReadonlySet<string> },
  deadline: Deadline,
): Promise<Affected> {
  const organizations: Organization[] = [];
  let [count, looked] = [0, 0];
  const once = eachOnce(LIST);
  for await (const id of await idsIn('list', deadline, () => directory.list(deepFrozen(instance), deadline))) {
    once(id);
    // A list in memory never waits, so a million ids would block the event loop.
    if (++looked % IN_ONE_GO === 0) {
      await yieldToLoop();
      deadline.throwIfOver();
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

/** A page of the organizations without a custom policy, in the order of the directory. */
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
    deadline.throwIfOver();
  }
  return page;
}

/** The organizations after one, some at a time. @throws LateRefusal when the directory no longer lists that one. */
async function* piecesAfter(
  instance: Instance,
  { directory, after }: Pick<OnDefaultPage, 'after' | 'directory'>,
  deadline: Deadline,
): AsyncGenerator<readonly Organization[], void, undefined> {
  const isBehind = after !== undefined && directory.listAfter !== undefined;
  let passed: string | undefined = isBehind ? undefined : after?.organizationId;
  let [looked, some]: [number, Organization[]] = [0, []];
  const once = eachOnce(LIST);
  const ids = isBehind
    ? await idsIn('listAfter', deadline, () =>
        directory.listAfter?.(deepFrozen(instance), after.organizationId, deadline),
      )
    : await idsIn('list', deadline, () => directory.list(deepFrozen(instance), deadline));
  for await (const id of ids) {
    once(id);
    if (isBehind && id === after.organizationId)
      throw new Error(`organizations.listAfter named ${id}, after which it was asked to list`);
    if (++looked % IN_ONE_GO === 0) {
      await yieldToLoop();
      deadline.throwIfOver();
    }
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

/** The ids of all organizations of an instance, each once. */
export async function* organizationIds(
  directory: OrganizationList,
  instance: Instance,
  deadline: Deadline,
): AsyncGenerator<string, void, undefined> {
  const once = eachOnce(LIST);
  for await (const id of await idsIn('list', deadline, () => directory.list(deepFrozen(instance), deadline))) {
    once(id);
    yield id;
  }
}

/** The ids that a directory lists. Refuses a single string, which would be iterated letter by letter. */
async function idsIn(
  method: keyof OrganizationList,
  deadline: Deadline,
  ask: () => ListedIds | Promise<ListedIds> | undefined,
): Promise<ListedIds> {
  const hook = `organizations.${method}`;
  const list = await answerOf(hook, deadline, ask);
  if (typeof list === 'object' && list !== null) {
    if (Symbol.asyncIterator in list) return valuesAwaited(list, (next) => answerOf(hook, deadline, next));
    if (Symbol.iterator in list) return list;
  }
  throw new Error(`${new InvalidValue(`the answer of ${hook}`, 'a list of ids that can be iterated', list).message}`);
}

/** Parses a listed id. An invalid one is a defect of the list, not a mistake of the preview's caller. */
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
