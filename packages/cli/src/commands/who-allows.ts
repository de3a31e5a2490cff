import {
  MULTI_FACTORS,
  orThrow,
  SECOND_FACTORS,
  type CustomizedOrganizations,
  type ListOptions,
  type MultiFactor,
  type SecondFactor,
} from '@login-policy/domain';
import { nearestName } from '@login-policy/event-sourcing/options';
import type { Command, Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { answer, OUTPUT_OPTIONS } from '../output/answer.js';
import { plain } from '../output/plain.js';
import { SESSION_OPTIONS, withSession, type Session } from '../store/session.js';

/** Shows which policies allow a factor. */
export const whoAllows: Command = {
  name: 'who-allows',
  section: 'Look',
  summary: 'Lists the policies that allow a factor: the default, and each custom policy.',
  arguments: [{ name: 'FACTOR', is: `One of ${[...SECOND_FACTORS, ...MULTI_FACTORS].join(', ')}.` }],
  options: { ...SESSION_OPTIONS, ...OUTPUT_OPTIONS },
  examples: ['login-policy who-allows U2F_WITH_VERIFICATION --store sqlite:iam.db'],
  run: (run) => withSession(run, { purpose: 'look' }, (session) => show(run, session)),
};

async function show(run: Run, session: Session): Promise<ExitCode> {
  const { loginPolicies, instance } = session;
  const factor = factorNamed(run.given.demandedWord('FACTOR'), [...SECOND_FACTORS, ...MULTI_FACTORS]);
  const byDefault = await loginPolicies.policy(instance);
  const isOnDefault = byDefault.outcome === 'found' && allows(byDefault.policy, factor);
  const { ids, unreadable } = await customized(session, factor);
  answer(
    run,
    () => ({ factor, default: isOnDefault, organizationIds: ids, unreadable }),
    (paint) => {
      const onDefault = `The default policy ${isOnDefault ? 'allows' : 'does not allow'} ${factor}.\n`;
      const custom = `Custom policies that allow it: ${ids.length}.\n${ids.map((id) => `  ${plain(id)}\n`).join('')}`;
      const unread = `${unreadable} custom policies can't be read: what they allow is not known.\n`;
      return `${onDefault}${custom}${unreadable === 0 ? '' : paint('warning', unread)}`;
    },
  );
  return EXIT.done;
}

async function customized(
  { loginPolicies, instance }: Session,
  allowing: SecondFactor | MultiFactor,
): Promise<{ readonly ids: readonly string[]; readonly unreadable: number }> {
  const ids: string[] = [];
  let unreadable = 0;
  let next: Pick<ListOptions, 'after'> | undefined = {};
  while (next !== undefined) {
    const page: CustomizedOrganizations = orThrow(
      await loginPolicies.organizationsWithCustomPolicy(instance, { allowing, limit: 10_000, ...next }),
    );
    ids.push(...page.organizations.map(({ organizationId }) => organizationId));
    unreadable = page.unreadable ?? unreadable;
    next = page.next === undefined ? undefined : { after: page.next };
  }
  return { ids, unreadable };
}

function allows(
  { secondFactors, multiFactors }: { secondFactors: readonly string[]; multiFactors: readonly string[] },
  factor: string,
): boolean {
  return secondFactors.includes(factor) || multiFactors.includes(factor);
}

/** The factor of that name. @throws Failure with the nearest one. */
export function factorNamed<Name extends string>(name: string, names: readonly Name[]): Name {
  const found = names.find((one) => one === name);
  if (found !== undefined) return found;
  const nearest = nearestName(name, names);
  const advice = nearest === undefined ? `There are ${names.join(', ')}.` : `Did you mean ${nearest}?`;
  throw new Failure(EXIT.usage, `${JSON.stringify(name)} is not a factor of that kind. ${advice}`);
}
