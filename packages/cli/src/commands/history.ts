import type { Command, Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { answer, OUTPUT_OPTIONS } from '../output/answer.js';
import { changesText } from '../output/change-text.js';
import type { Paint } from '../output/paint.js';
import { plain } from '../output/plain.js';
import { indented } from '../output/table.js';
import type { HistoryEntryJson } from '../session/answers.js';
import { policyRefOf, SESSION_OPTIONS, withSession, type Session } from '../session/session.js';

/** Shows the history of a policy. */
export const history: Command = {
  name: 'history',
  section: 'Look',
  summary: 'Shows the history of a policy, newest first: who changed what, when and why.',
  arguments: [
    {
      name: 'ORGANIZATION',
      is: 'The organization with the custom policy. Default: shows the default policy.',
      isOptional: true,
    },
  ],
  options: {
    ...SESSION_OPTIONS,
    limit: { value: 'N', is: 'The most events, 1 to 10,000. Default 100.' },
    from: { value: 'SEQUENCE', is: 'The first event to show.' },
    'oldest-first': { is: 'Shows the oldest event first.' },
    ...OUTPUT_OPTIONS,
  },
  examples: ['login-policy history --store sqlite:iam.db', 'login-policy history acme --limit 5 --store sqlite:iam.db'],
  run: (run) => withSession(run, { purpose: 'look' }, (session) => show(run, session)),
};

async function show(run: Run, session: Session): Promise<ExitCode> {
  const { given } = run;
  const from = given.wholeNumber('from');
  const found = await session.policies.history(policyRefOf(session, given.word('ORGANIZATION')), {
    direction: given.flag('oldest-first') ? 'forwards' : 'backwards',
    limit: Number(given.wholeNumber('limit') ?? 100n),
    ...(from !== undefined && { fromSequence: from }),
  });
  if (found.lastSequence === '0') throw new Failure(EXIT.refused, 'This policy never existed.');
  answer(
    run,
    () => found,
    (paint) => found.entries.map((entry) => entryText(entry, paint)).join(''),
  );
  return EXIT.done;
}

function entryText({ actor, changes, recordedAt, reason, sequence, type }: HistoryEntryJson, paint: Paint): string {
  const why = reason === undefined ? '' : `\n${paint('quiet', plain(reason))}`;
  const head = `${paint('strong', `${sequence}`)}  ${recordedAt}  ${type} by ${plain(actor)}`;
  // The first event of a policy sets every setting.
  const all = changes.length > 12 ? `${changes.length} values\n` : changesText(changes, paint);
  return `${head}\n${indented(`${why === '' ? '' : `${why.slice(1)}\n`}${all}`, '   ')}`;
}
