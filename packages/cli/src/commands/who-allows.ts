import { MULTI_FACTORS, SECOND_FACTORS } from '@login-policy/domain';
import { hintFor } from '@login-policy/event-sourcing';
import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { countText } from '../output/counted.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import { printable } from '../output/printable.js';
import { listAllCustomized } from '../session/list-all-customized.js';
import { undefinedIfAbsent } from '../session/undefined-if-absent.js';
import { SESSION_OPTIONS, withSession, type Session } from '../session/session.js';

/** Lists the policies that allow a factor. */
export const whoAllows: Command = {
  name: 'who-allows',
  section: 'Look',
  summary: 'Lists the policies that allow a factor: the default, and each custom policy.',
  arguments: [{ name: 'FACTOR', description: `One of ${[...SECOND_FACTORS, ...MULTI_FACTORS].join(', ')}.` }],
  options: { ...SESSION_OPTIONS, ...OUTPUT_OPTIONS },
  examples: ['login-policy who-allows U2F_WITH_VERIFICATION --store sqlite:iam.db'],
  run: (invocation) => withSession(invocation, { purpose: 'read' }, (session) => show(invocation, session)),
};

async function show(invocation: Invocation, session: Session): Promise<ExitCode> {
  const factor = factorNamed(invocation.args.requiredArgument('FACTOR'), [...SECOND_FACTORS, ...MULTI_FACTORS]);
  const byDefault = await session.policies.policy(undefined).catch(undefinedIfAbsent);
  const isOnDefault = byDefault !== undefined && allows(byDefault.policy, factor);
  const { ids, unreadable } = await listAllCustomized(session.policies, { allowing: factor });
  writeResult(
    invocation,
    () => ({ factor, default: isOnDefault, organizationIds: ids, unreadable }),
    (paint) => {
      const onDefault = `The default policy ${isOnDefault ? 'allows' : 'does not allow'} ${factor}.\n`;
      const custom = `Custom policies that allow it: ${ids.length}.\n${ids.map((id) => `  ${printable(id)}\n`).join('')}`;
      const unread = `Custom policies that can't be read: ${countText(unreadable)}. It is not known what they allow.\n`;
      return `${onDefault}${custom}${unreadable === 0 ? '' : paint('warning', unread)}`;
    },
  );
  return EXIT.done;
}

function allows(
  { secondFactors, multiFactors }: { secondFactors: readonly string[]; multiFactors: readonly string[] },
  factor: string,
): boolean {
  return secondFactors.includes(factor) || multiFactors.includes(factor);
}

/** The factor with this name. @throws Failure with the nearest known one. */
export function factorNamed<Name extends string>(name: string, names: readonly Name[]): Name {
  const found = names.find((one) => one === name);
  if (found !== undefined) return found;
  throw new Failure(EXIT.usage, `${JSON.stringify(name)} is not a factor of that kind. ${hintFor(name, names)}`);
}
