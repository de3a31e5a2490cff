import type { CommandContext } from '@login-policy/event-sourcing';
import type { Affected } from './affected.js';
import { ifRevision, parseSequence } from '../commands/command-input.js';
import type { PolicyChange } from './diff.js';
import type { LoginPolicyEvent } from '../events/events.js';
import { parseObject } from '../input/invalid-value.js';
import { parseWaiting, READ_MEMBERS, type ParsedRead, type ReadOptions } from './read-input.js';
import type { PolicyWarning } from '../commands/warnings.js';

/** What a command would do if it were given now. Nothing is written, and somebody else may still be first. */
export interface Preview {
  /** Where the policy stands: give it as `ifSequence`, and the command does just this or is refused. 0 for none. */
  readonly sequence: bigint;
  /** What would be recorded; nothing when nothing is to change. */
  readonly events: readonly LoginPolicyEvent[];
  /** What would change in what the owner's users meet: for an organization, in its effective policy. */
  readonly changes: readonly PolicyChange[];
  /** What is wrong with what they would meet, though it is allowed. */
  readonly warnings: readonly PolicyWarning[];
  /** The organizations whose users would meet the change. */
  readonly affected: Affected;
}

/** On which conditions to look ahead. `atLeast` is for the list of those with a custom policy, and for the default. */
export interface PreviewOptions extends ReadOptions {
  /** Refuse unless the policy is at this sequence, as the command would be. */
  readonly ifSequence?: bigint;
}

/** Takes the options of a preview. @throws InvalidValue */
export function parsePreview(value: unknown): {
  readonly context: Pick<CommandContext, 'ifRevision'>;
  readonly read: ParsedRead;
} {
  const given = parseObject(value, 'options', [...READ_MEMBERS, 'ifSequence']);
  const { ifSequence } = given;
  return {
    read: { ...parseWaiting(given), asOf: undefined },
    context: ifSequence === undefined ? {} : ifRevision(parseSequence(ifSequence, 'options.ifSequence')),
  };
}
