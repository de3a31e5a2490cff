import type { Acknowledgement } from '@login-policy/domain';
import { userInfo } from 'node:os';
import { ACKNOWLEDGED_BY_NAME, InvalidValue, parseId, parseProse } from '@login-policy/domain/model';
import { hintFor } from '@login-policy/event-sourcing';
import type { Invocation } from '../command-line/command.js';
import type { OptionSpecs } from '../command-line/option-specs.js';
import type { ParsedArguments } from '../command-line/parsed-arguments.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { paintFor, type Paint } from '../output/paint.js';
import { OUTPUT_OPTIONS } from '../output/result.js';
import { SESSION_OPTIONS } from '../session/session.js';
import type { Actor } from '../session/actor.js';

/** The option to acknowledge a warning about a lock-out. */
export const ACKNOWLEDGE_OPTION: OptionSpecs = {
  acknowledge: {
    placeholder: 'WARNING',
    description: `Makes the change although it locks people out: ${ACKNOWLEDGED_BY_NAME.join(', ')}, or users-locked-out=NUMBER for up to so many. May be given several times.`,
    isRepeatable: true,
  },
};

/** The options of every command that changes something. */
export const CHANGE_OPTIONS: OptionSpecs = {
  ...SESSION_OPTIONS,
  'dry-run': { description: 'Shows what would change, and changes nothing. Exit code 2 if something would change.' },
  yes: { description: 'Does not ask for confirmation.' },
  actor: {
    placeholder: 'ID',
    description:
      'The actor in the history. If absent, the name of the logged-in user. Over the API it is always the token’s user.',
    variable: 'LOGIN_POLICY_ACTOR',
  },
  reason: { placeholder: 'TEXT', description: 'The reason in the history.' },
  ...ACKNOWLEDGE_OPTION,
  ...OUTPUT_OPTIONS,
};

/** The actor and reason of a command, parsed before it shows what it would do. @throws Failure */
export function actorOf(args: ParsedArguments): Actor {
  const reason = args.value('reason');
  try {
    const actor = parseId(args.value('actor') ?? userInfo().username, '--actor');
    return { actor, ...(reason !== undefined && { reason: parseProse(reason, '--reason') }) };
  } catch (cause) {
    if (!(cause instanceof InvalidValue)) throw cause;
    throw new Failure(EXIT.usage, cause.message, { cause });
  }
}

/** The actor, reason and acknowledged warnings of a command. @throws Failure for an unknown warning. */
export function actorAndWarningsOf(
  args: ParsedArguments,
): Actor & { readonly acknowledge: readonly Acknowledgement[] } {
  return { ...actorOf(args), acknowledge: acknowledgedIn(args) };
}

/** The acknowledged warnings. @throws Failure for an unknown one. */
export function acknowledgedIn(args: ParsedArguments): readonly Acknowledgement[] {
  return args.values('acknowledge').map(warningNamed);
}

function warningNamed(name: string): Acknowledgement {
  const found = ACKNOWLEDGED_BY_NAME.find((one) => one === name);
  if (found !== undefined) return found;
  const lockedOut = Number(/^users-locked-out=(\d{1,15})$/.exec(name)?.[1] ?? Number.NaN);
  if (Number.isSafeInteger(lockedOut)) return { lockedOut };
  const hint = hintFor(name, [...ACKNOWLEDGED_BY_NAME, 'users-locked-out=NUMBER']);
  throw new Failure(EXIT.usage, `--acknowledge must be a warning, not ${JSON.stringify(name)}. ${hint}`);
}

/**
 * Whether the change is confirmed, by the user or by `--yes`. With `--json`, stderr shows what is asked about, because
 * stdout is for programs.
 *
 * @throws Failure without a terminal, and after Ctrl-C.
 */
export async function isConfirmed(
  { args, io }: Invocation,
  question: string,
  textOf: (paint: Paint) => string,
): Promise<boolean> {
  io.interrupted.throwIfAborted();
  if (args.flag('yes')) return true;
  if (io.ask === undefined) {
    throw new Failure(
      EXIT.usage,
      'There is no terminal to ask for confirmation: add --yes to make the change, or --dry-run to preview it.',
    );
  }
  if (args.flag('json')) io.err.write(textOf(paintFor(io.err, io)));
  const answer = await io.ask(`${question} [y/N] `);
  io.interrupted.throwIfAborted();
  return /^y(es)?$/i.test(answer.trim());
}
