import { REVIEWED, type Command } from './command.js';
import { listOf, objectOf, textOf } from './json.js';
import { policyChangeOf, type PolicyChange } from './policy-change.js';
import { send } from './request.js';
import { headersOf, pathOf, type Scope } from './scope.js';

/** What a command would do if it were given now. */
export interface Preview {
  /** Of the policy now. */
  readonly sequence: string;
  /** The types of the events that would be recorded. */
  readonly events: readonly string[];
  readonly changes: readonly PolicyChange[];
  /** What the change brings about that the one who confirms should know, as sentences. */
  readonly introduced: readonly string[];
  /** What was so before, and stays so. */
  readonly standing: readonly string[];
  readonly affectedIds: readonly string[];
  /** How many organizations are affected; `undefined` when no directory knows. */
  readonly affectedCount: number | undefined;
}

/** Asks what a command would do. @throws Refused with the very sentence that the command would be refused with. */
export async function readPreview(scope: Scope, { method, request }: Command): Promise<Preview> {
  const path = `${pathOf(scope)}/_preview`;
  const answer = objectOf(
    await send({ verb: 'POST', path, headers: { ...headersOf(scope), ...REVIEWED }, body: { method, request } }),
    'the preview',
  );
  const affected = objectOf(answer['affected'] ?? {}, 'affected');
  const warnings = objectOf(answer['warnings'], 'warnings');
  const count = affected['count'];
  return {
    sequence: textOf(answer['sequence'], 'sequence'),
    events: listOf(answer['events'], 'events', (one) => textOf(objectOf(one, 'an event')['type'], 'type')),
    changes: listOf(answer['changes'], 'changes', policyChangeOf),
    introduced: sentencesIn(warnings['introduced']),
    standing: sentencesIn(warnings['standing']),
    affectedIds: listOf(affected['organizationIds'], 'organizationIds', (one) => textOf(one, 'an id')),
    affectedCount: typeof count === 'number' ? count : undefined,
  };
}

function sentencesIn(warnings: unknown): readonly string[] {
  return listOf(warnings, 'warnings', (one) => textOf(objectOf(one, 'a warning')['message'], 'message'));
}
