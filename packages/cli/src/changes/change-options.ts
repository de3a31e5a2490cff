import { userInfo } from 'node:os';
import { LOCK_OUTS, type LockOut } from '@login-policy/domain/model';
import { nearestName } from '@login-policy/event-sourcing/options';
import type { OptionSpecs, Run } from '../command-line/command.js';
import type { Given } from '../command-line/given.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { OUTPUT_OPTIONS } from '../output/answer.js';
import { SESSION_OPTIONS } from '../session/session.js';

/** The option to acknowledge a warning about a lock-out. */
export const ACKNOWLEDGE_OPTION: OptionSpecs = {
  acknowledge: {
    value: 'WARNING',
    is: `Makes the change although it locks people out: ${LOCK_OUTS.join(' or ')}. May be given twice.`,
    isRepeatable: true,
  },
};

/** The options of every command that changes something. */
export const CHANGE_OPTIONS: OptionSpecs = {
  ...SESSION_OPTIONS,
  'dry-run': { is: 'Shows what would change, and changes nothing. Exit code 2 if something would change.' },
  yes: { is: 'Does not ask for confirmation.' },
  actor: {
    value: 'ID',
    is: 'The actor in the history. If absent, the name of the logged-in user. Over the API it is always the token’s user.',
    variable: 'LOGIN_POLICY_ACTOR',
  },
  reason: { value: 'TEXT', is: 'The reason in the history.' },
  ...ACKNOWLEDGE_OPTION,
  ...OUTPUT_OPTIONS,
};

/** The actor and reason of a change. */
export interface Actor {
  readonly actor: string;
  readonly reason?: string;
}

/** The actor and reason of a command. */
export function actorOf(given: Given): Actor {
  const reason = given.text('reason');
  return { actor: given.text('actor') ?? userInfo().username, ...(reason !== undefined && { reason }) };
}

/** The actor, reason and acknowledged warnings of a command. @throws Failure for an unknown warning. */
export function actorAndWarningsOf(given: Given): Actor & { readonly acknowledge: readonly LockOut[] } {
  return { ...actorOf(given), acknowledge: acknowledgedIn(given) };
}

/** The acknowledged warnings. @throws Failure for an unknown one. */
export function acknowledgedIn(given: Given): readonly LockOut[] {
  return given.texts('acknowledge').map(warningNamed);
}

function warningNamed(name: string): LockOut {
  const found = LOCK_OUTS.find((one) => one === name);
  if (found !== undefined) return found;
  const nearest = nearestName(name, LOCK_OUTS);
  const advice = nearest === undefined ? `There are ${LOCK_OUTS.join(' and ')}.` : `Did you mean ${nearest}?`;
  throw new Failure(EXIT.usage, `--acknowledge must be a warning, not ${JSON.stringify(name)}. ${advice}`);
}

/** Whether the change is confirmed, by the user or by `--yes`. @throws Failure without a terminal, and after Ctrl-C. */
export async function isConfirmed({ given, io }: Run, question: string): Promise<boolean> {
  io.interrupted.throwIfAborted();
  if (given.flag('yes')) return true;
  if (io.ask === undefined) {
    throw new Failure(
      EXIT.usage,
      'There is no terminal to ask for confirmation: add --yes to make the change, or --dry-run to preview it.',
    );
  }
  const answer = await io.ask(`${question} [y/N] `);
  io.interrupted.throwIfAborted();
  return /^y(es)?$/i.test(answer.trim());
}
