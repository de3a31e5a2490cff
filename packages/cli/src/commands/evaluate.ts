import type { Command, Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { pathOf, readYaml } from '../files/yaml-file.js';
import { answer, OUTPUT_OPTIONS } from '../output/answer.js';
import { ownerText } from '../output/policy-text.js';
import { Refused } from '../session/answers.js';
import { SESSION_OPTIONS, withSession, type Session } from '../session/session.js';
import { MOMENT, momentText } from './moment.js';

/** Judges a sign-in that a file describes. */
export const evaluate: Command = {
  name: 'evaluate',
  section: 'Look',
  summary: 'Judges a sign-in that a file describes, by the policy that holds for an organization.',
  details: [
    'The file has what evaluateSignIn takes, as YAML or JSON: user, session, and optionally request and at (docs/how-to/sign-in.md). Exit code 0 lets the user in; 1 says that something is missing, and what.',
  ],
  arguments: [
    { name: 'ORGANIZATION', is: 'Where the user signs in.' },
    { name: 'FILE', is: 'Describes the user and what the session has verified.' },
  ],
  options: {
    ...SESSION_OPTIONS,
    'as-of': {
      value: MOMENT,
      is: 'By the policy of then; the file has to say at which instant the sign-in is judged.',
    },
    ...OUTPUT_OPTIONS,
  },
  examples: ['login-policy evaluate acme sign-in.yaml --store sqlite:iam.db'],
  run: (run) => withSession(run, { purpose: 'look' }, (session) => judge(run, session)),
};

async function judge(run: Run, session: Session): Promise<ExitCode> {
  const { given, io } = run;
  const file = readYaml(given.demandedWord('FILE'), io);
  const attempt = file.value;
  if (!isAttempt(attempt)) throw file.failure([], 'A sign-in has the members user and session.');
  const organizationId = session.organization(given.demandedWord('ORGANIZATION'));
  const asOf = momentText(given.text('as-of'), 'as-of');
  const judged = await session.policies.evaluate(organizationId, attempt, asOf).catch((caught: unknown) => {
    if (!(caught instanceof Refused) || caught.field === undefined) throw caught;
    throw file.failure(pathOf(caught.field.replace(/^signIn\.?/, '')), caught.message);
  });
  answer(
    run,
    () => judged,
    (paint) => {
      const until = judged.validUntil === undefined ? 'no end by time alone' : `until ${judged.validUntil}`;
      const by = `By ${judged.isDefault ? 'the default policy' : `the custom policy of ${ownerText(judged.owner)}`}; ${until}.`;
      return `${paint('strong', judged.outcome)}: ${judged.sentence}\n${paint('quiet', by)}\n`;
    },
  );
  return judged.outcome === 'proceed' ? EXIT.done : EXIT.refused;
}

/** Whether the domain can look at it: that takes an attempt apart, and says what is wrong with its members. */
function isAttempt(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
