import { orThrow, toJson } from '@login-policy/domain';
import type { Command, Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { answer, OUTPUT_OPTIONS } from '../output/answer.js';
import { changesText } from '../output/change-text.js';
import { ownerIn, SESSION_OPTIONS, withSession, type Session } from '../store/session.js';
import { MOMENT, parseMoment } from './moment.js';

/** Compares two moments of a policy. */
export const diff: Command = {
  name: 'diff',
  section: 'Look',
  summary: 'Shows what differs in what users met at two moments.',
  arguments: [{ name: 'ORGANIZATION', is: 'Whose users. Left out, the default policy is compared.', isOptional: true }],
  options: {
    ...SESSION_OPTIONS,
    from: { value: MOMENT, is: 'The first moment.' },
    to: { value: MOMENT, is: 'The second one. Default: now.' },
    ...OUTPUT_OPTIONS,
  },
  examples: ['login-policy diff acme --from 2026-11-01T00:00:00Z --store sqlite:iam.db'],
  run: (run) => withSession(run, { purpose: 'look' }, (session) => show(run, session)),
};

async function show(run: Run, session: Session): Promise<ExitCode> {
  const [from, to] = [run.given.text('from'), run.given.text('to')];
  if (from === undefined) throw new Failure(EXIT.usage, `diff needs a moment to begin at: --from ${MOMENT}.`);
  const span = { from: parseMoment(from, 'from'), ...(to !== undefined && { to: parseMoment(to, 'to') }) };
  const found = orThrow(await session.loginPolicies.diff(ownerIn(session, run.given.word('ORGANIZATION')), span));
  answer(
    run,
    () => toJson(found),
    (paint) => (found.changes.length === 0 ? 'Nothing differs.\n' : changesText(found.changes, paint)),
  );
  return EXIT.done;
}
