import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { pathOf, readYaml } from '../files/yaml-file.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import { ownerText } from '../output/policy-text.js';
import { Refused } from '../session/answers.js';
import { SESSION_OPTIONS, withSession, type Session } from '../session/session.js';
import { MOMENT, momentText } from './moment.js';

/** Evaluates a sign-in described in a file. */
export const evaluate: Command = {
  name: 'evaluate',
  section: 'Look',
  summary: 'Evaluates a sign-in described in a file, by the effective policy of an organization.',
  details: [
    'The file has the input of evaluateSignIn, as YAML or JSON: user, session, and optionally request and at (docs/how-to/sign-in.md). Exit code 0: the user may sign in; 1: something is missing.',
  ],
  arguments: [
    { name: 'ORGANIZATION', description: 'The organization where the user signs in.' },
    { name: 'FILE', description: 'Describes the user and what the session has verified.' },
  ],
  options: {
    ...SESSION_OPTIONS,
    'as-of': {
      placeholder: MOMENT,
      description: 'Uses the policy at that moment. The file must then have at, the instant of the evaluation.',
    },
    ...OUTPUT_OPTIONS,
  },
  examples: ['login-policy evaluate acme sign-in.yaml --store sqlite:iam.db'],
  run: (invocation) => withSession(invocation, { purpose: 'read' }, (session) => judge(invocation, session)),
};

async function judge(invocation: Invocation, session: Session): Promise<ExitCode> {
  const { args, io } = invocation;
  const file = await readYaml(args.requiredArgument('FILE'), io);
  const attempt = file.value;
  if (!isAttempt(attempt)) throw file.failure([], 'Expected a sign-in with the members user and session.');
  const organizationId = session.organization(args.requiredArgument('ORGANIZATION'));
  const asOf = momentText(args.value('as-of'), '--as-of');
  const judged = await session.policies.evaluate(organizationId, attempt, asOf).catch((caught: unknown) => {
    // The organization and the moment stand on the command line.
    if (!(caught instanceof Refused) || caught.field === undefined || /^(organization|options)\b/.test(caught.field))
      throw caught;
    throw file.failure(pathOf(caught.field.replace(/^signIn\.?/, '')), caught.message);
  });
  writeResult(
    invocation,
    () => judged,
    (paint) => {
      const until = judged.validUntil === undefined ? 'no end by time alone' : `until ${judged.validUntil}`;
      const by = `By ${judged.isDefault ? 'the default policy' : `the custom policy of ${ownerText(judged.owner)}`}; ${until}.`;
      return `${paint('strong', judged.outcome)}: ${judged.sentence}\n${paint('quiet', by)}\n`;
    },
  );
  return judged.outcome === 'proceed' ? EXIT.done : EXIT.refused;
}

/** Whether the value can be passed to the domain, which checks its members and reports errors. */
function isAttempt(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
