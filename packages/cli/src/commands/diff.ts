import type { Command, Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { answer, OUTPUT_OPTIONS } from '../output/answer.js';
import { changesText } from '../output/change-text.js';
import { policyRefOf, SESSION_OPTIONS, withSession, type Session } from '../session/session.js';
import { MOMENT, momentText } from './moment.js';

/** Compares two moments of a policy. */
export const diff: Command = {
  name: 'diff',
  section: 'Look',
  summary: 'Shows how the effective policy differs between two moments.',
  arguments: [
    { name: 'ORGANIZATION', is: 'The organization. Default: compares the default policy.', isOptional: true },
  ],
  options: {
    ...SESSION_OPTIONS,
    from: { value: MOMENT, is: 'The earlier moment.' },
    to: { value: MOMENT, is: 'The later moment. Default: now.' },
    ...OUTPUT_OPTIONS,
  },
  examples: ['login-policy diff acme --from 2026-11-01T00:00:00Z --store sqlite:iam.db'],
  run: (run) => withSession(run, { purpose: 'look' }, (session) => show(run, session)),
};

async function show(run: Run, session: Session): Promise<ExitCode> {
  const [from, to] = [run.given.text('from'), run.given.text('to')];
  if (from === undefined) throw new Failure(EXIT.usage, `diff needs the earlier moment: --from ${MOMENT}.`);
  const of = policyRefOf(session, run.given.word('ORGANIZATION'));
  const changes = await session.policies.changes(of, momentText(from, 'from'), momentText(to, 'to'));
  answer(
    run,
    () => ({ changes }),
    (paint) => (changes.length === 0 ? 'Nothing differs.\n' : changesText(changes, paint)),
  );
  return EXIT.done;
}
