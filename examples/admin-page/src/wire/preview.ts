import { ALL_ACKNOWLEDGED, type Command } from './command.js';
import { listOf, objectOf, textOf } from './json.js';
import { policyChangeOf, type PolicyChange } from './policy-change.js';
import { send } from './request.js';
import { headersOf, pathOf, type Scope } from './scope.js';

/** The name of a warning, and the server's sentence for it. */
export interface PolicyWarning {
  readonly warning: string;
  readonly message: string;
}

/** How many users a change affects, and how. */
export interface PeopleHit {
  readonly lockedOut: number;
  readonly hasToSetUp: number;
  readonly weaker: number;
  readonly stronger: number;
}

/** What a command would do now. */
export interface Preview {
  /** What it depended on. The command is bound to it. */
  readonly seen: string;
  /** The sequence of the current policy. */
  readonly sequence: string;
  /** The types of the events that would be recorded. */
  readonly events: readonly string[];
  readonly changes: readonly PolicyChange[];
  /** New warnings that the change causes. */
  readonly introduced: readonly PolicyWarning[];
  /** Warnings that existed before and remain. */
  readonly standing: readonly PolicyWarning[];
  /** The users whom the change affects; `undefined` for a change that no sign-in depends on. */
  readonly people: PeopleHit | 'unknown' | undefined;
  /** At most the first hundred. */
  readonly affectedIds: readonly string[];
  /** The number of affected organizations; `undefined` when no directory knows it. */
  readonly affectedCount: number | undefined;
}

/**
 * Previews a command, if a condition is given only on the policy that the user saw. What the guard would refuse is
 * returned as a warning.
 *
 * @throws Refused with the same sentence as the command.
 */
export async function readPreview(
  scope: Scope,
  { method, request }: Command,
  condition: Readonly<Record<string, string>> = {},
): Promise<Preview> {
  const path = `${pathOf(scope)}/_preview`;
  const answer = objectOf(
    await send({
      verb: 'POST',
      path,
      headers: { ...headersOf(scope), ...ALL_ACKNOWLEDGED, ...condition },
      body: { method, request },
    }),
    'the preview',
  );
  const affected = objectOf(answer['affected'] ?? {}, 'affected');
  const warnings = objectOf(answer['warnings'], 'warnings');
  const count = affected['count'];
  return {
    seen: textOf(answer['seen'], 'seen'),
    sequence: textOf(answer['sequence'], 'sequence'),
    events: listOf(answer['events'], 'events', (one) => textOf(objectOf(one, 'an event')['type'], 'type')),
    changes: listOf(answer['changes'], 'changes', policyChangeOf),
    introduced: listOf(warnings['introduced'], 'introduced', warningOf),
    standing: listOf(warnings['standing'], 'standing', warningOf),
    people: peopleIn(answer['people']),
    affectedIds: listOf(affected['organizationIds'], 'organizationIds', (one) => textOf(one, 'an id')),
    affectedCount: typeof count === 'number' ? count : undefined,
  };
}

function peopleIn(value: unknown): Preview['people'] {
  if (value === undefined) return undefined;
  const people = objectOf(value, 'people');
  if (people['unknown'] !== undefined) return 'unknown';
  const usersOf = (change: string): number => {
    const { users } = objectOf(people[change], change);
    return typeof users === 'number' ? users : 0;
  };
  return {
    lockedOut: usersOf('lockedOut'),
    hasToSetUp: usersOf('hasToSetUp'),
    weaker: usersOf('weaker'),
    stronger: usersOf('stronger'),
  };
}

function warningOf(value: unknown): PolicyWarning {
  const one = objectOf(value, 'a warning');
  return { warning: textOf(one['warning'], 'warning'), message: textOf(one['message'], 'message') };
}
