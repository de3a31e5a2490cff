import { userInfo } from 'node:os';
import { LOCK_OUTS, type LockOut } from '@login-policy/domain/model';
import { nearestName } from '@login-policy/event-sourcing/options';
import type { OptionSpecs, Run } from '../command-line/command.js';
import type { Given } from '../command-line/given.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { OUTPUT_OPTIONS } from '../output/answer.js';
import { SESSION_OPTIONS } from '../session/session.js';

/** How a warning of people who are locked out is acknowledged. */
export const ACKNOWLEDGE_OPTION: OptionSpecs = {
  acknowledge: {
    value: 'WARNING',
    is: `Does it although it locks people out: ${LOCK_OUTS.join(' or ')}. May be given twice.`,
    isRepeatable: true,
  },
};

/** The options of every command that changes something. */
export const CHANGE_OPTIONS: OptionSpecs = {
  ...SESSION_OPTIONS,
  'dry-run': { is: 'Says what would be done, and does nothing: exit code 2 if there is something to do.' },
  yes: { is: 'Does it without asking.' },
  actor: {
    value: 'ID',
    is: 'Who does it, for the history; else the name of the user who is logged in. Over the API it is whose the token is.',
    variable: 'LOGIN_POLICY_ACTOR',
  },
  reason: { value: 'TEXT', is: 'Why, for those who read the history.' },
  ...ACKNOWLEDGE_OPTION,
  ...OUTPUT_OPTIONS,
};

/** Who changes something, and why. */
export interface Actor {
  readonly actor: string;
  readonly reason?: string;
}

/** Who gives the command, and why. */
export function actorOf(given: Given): Actor {
  const reason = given.text('reason');
  return { actor: given.text('actor') ?? userInfo().username, ...(reason !== undefined && { reason }) };
}

/** Who gives the command, why, and which warnings they know of. @throws Failure for a warning that there is not. */
export function byOf(given: Given): Actor & { readonly acknowledge: readonly LockOut[] } {
  return { ...actorOf(given), acknowledge: acknowledgedIn(given) };
}

/** The warnings that are acknowledged. @throws Failure for one that there is not. */
export function acknowledgedIn(given: Given): readonly LockOut[] {
  return given.texts('acknowledge').map(warningNamed);
}

function warningNamed(name: string): LockOut {
  const found = LOCK_OUTS.find((one) => one === name);
  if (found !== undefined) return found;
  const nearest = nearestName(name, LOCK_OUTS);
  const advice = nearest === undefined ? `There are ${LOCK_OUTS.join(' and ')}.` : `Did you mean ${nearest}?`;
  throw new Failure(EXIT.usage, `--acknowledge takes a warning, not ${JSON.stringify(name)}. ${advice}`);
}

/** Whether a person, or `--yes`, wants it done. @throws Failure where there is nobody to ask, and after Ctrl-C. */
export async function isWanted({ given, io }: Run, question: string): Promise<boolean> {
  io.interrupted.throwIfAborted();
  if (given.flag('yes')) return true;
  if (io.ask === undefined) {
    throw new Failure(EXIT.usage, 'There is nobody to ask here: give --yes to do it, or --dry-run to look only.');
  }
  const answer = await io.ask(`${question} [y/N] `);
  io.interrupted.throwIfAborted();
  return /^y(es)?$/i.test(answer.trim());
}
