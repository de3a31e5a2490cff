import { ALL_ACKNOWLEDGED, type Command } from './command.js';
import { listOf, objectOf, textOf, type JsonObject } from './json.js';
import { changeForYouIn, peopleIn, type People } from './people.js';
import { policyChangeOf, type PolicyChange } from './policy-change.js';
import { send } from './request.js';
import { headersOf, pathOf, type Scope } from './scope.js';

/** The name of a warning, and the server's sentence for it. */
export interface PolicyWarning {
  readonly warning: string;
  readonly message: string;
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
  readonly people: People | undefined;
  /** What it means for the signed-in user; `undefined` if it does not reach them. */
  readonly you: string | undefined;
  /** At most the first hundred. */
  readonly affectedIds: readonly string[];
  /** The number of affected organizations; `undefined` when no directory knows it. */
  readonly affectedCount: number | undefined;
}

/** The options of a preview. */
interface PreviewOptions {
  /** The header that makes the server refuse it unless the policy is as the user saw it. */
  readonly condition?: Readonly<Record<string, string>>;
  /** What the signed-in user has to sign in with, if the policy is theirs. */
  readonly you?: JsonObject | undefined;
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
  { condition = {}, you }: PreviewOptions = {},
): Promise<Preview> {
  const path = `${pathOf(scope)}/_preview`;
  const answer = objectOf(
    await send({
      verb: 'POST',
      path,
      headers: { ...headersOf(scope), ...ALL_ACKNOWLEDGED, ...condition },
      body: { method, request, ...(you !== undefined && { you }) },
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
    you: changeForYouIn(answer['you']),
    affectedIds: listOf(affected['organizationIds'], 'organizationIds', (one) => textOf(one, 'an id')),
    affectedCount: typeof count === 'number' ? count : undefined,
  };
}

/** What a command means for a user with this to sign in with. @throws Refused */
export async function readChangeForYou(
  scope: Scope,
  command: JsonObject,
  you: JsonObject,
): Promise<string | undefined> {
  const headers = { ...headersOf(scope), ...ALL_ACKNOWLEDGED };
  const answer = await send({ verb: 'POST', path: `${pathOf(scope)}/_preview`, headers, body: { command, you } });
  return changeForYouIn(objectOf(answer, 'the preview')['you']);
}

/** Parses a warning. */
export function warningOf(value: unknown): PolicyWarning {
  const one = objectOf(value, 'a warning');
  return { warning: textOf(one['warning'], 'warning'), message: textOf(one['message'], 'message') };
}
