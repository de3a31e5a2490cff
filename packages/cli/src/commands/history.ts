import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import { changesText } from '../output/change-text.js';
import type { Paint } from '../output/paint.js';
import { printable } from '../output/printable.js';
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
      description: 'The organization with the custom policy. Default: shows the default policy.',
      isOptional: true,
    },
  ],
  options: {
    ...SESSION_OPTIONS,
    limit: { placeholder: 'N', description: 'The most events, 1 to 10,000. Default 100.' },
    from: { placeholder: 'SEQUENCE', description: 'The first event to show.' },
    'oldest-first': { description: 'Shows the oldest event first.' },
    ...OUTPUT_OPTIONS,
  },
  examples: ['login-policy history --store sqlite:iam.db', 'login-policy history acme --limit 5 --store sqlite:iam.db'],
  run: (invocation) => withSession(invocation, { purpose: 'read' }, (session) => show(invocation, session)),
};

async function show(invocation: Invocation, session: Session): Promise<ExitCode> {
  const { args } = invocation;
  const from = args.wholeNumber('from');
  const found = await session.policies.history(policyRefOf(session, args.argument('ORGANIZATION')), {
    direction: args.flag('oldest-first') ? 'forwards' : 'backwards',
    limit: args.limit('limit', { most: 10_000, byDefault: 100 }),
    ...(from !== undefined && { fromSequence: from }),
  });
  if (found.lastSequence === '0') throw new Failure(EXIT.refused, 'This policy never existed.');
  writeResult(
    invocation,
    () => found,
    (paint) => found.entries.map((entry) => entryText(entry, paint)).join(''),
  );
  return EXIT.done;
}

function entryText({ actor, changes, recordedAt, reason, sequence, type }: HistoryEntryJson, paint: Paint): string {
  const why = reason === undefined ? '' : `\n${paint('quiet', printable(reason))}`;
  const head = `${paint('strong', `${sequence}`)}  ${recordedAt}  ${type} by ${printable(actor)}`;
  // The first event of a policy sets every setting.
  const all = changes.length > 12 ? `${changes.length} values\n` : changesText(changes, paint);
  return `${head}\n${indented(`${why === '' ? '' : `${why.slice(1)}\n`}${all}`, '   ')}`;
}
