import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import { changesText } from '../output/change-text.js';
import { policyRefOf, SESSION_OPTIONS, withSession, type Session } from '../session/session.js';
import { MOMENT, momentText } from './moment.js';

/** Compares two moments of a policy. */
export const diff: Command = {
  name: 'diff',
  section: 'Look',
  summary: 'Shows how the effective policy differs between two moments.',
  arguments: [
    { name: 'ORGANIZATION', description: 'The organization. Default: compares the default policy.', isOptional: true },
  ],
  options: {
    ...SESSION_OPTIONS,
    from: { placeholder: MOMENT, description: 'The earlier moment.' },
    to: { placeholder: MOMENT, description: 'The later moment. Default: now.' },
    ...OUTPUT_OPTIONS,
  },
  examples: ['login-policy diff acme --from 2026-11-01T00:00:00Z --store sqlite:iam.db'],
  run: (invocation) => withSession(invocation, { purpose: 'read' }, (session) => show(invocation, session)),
};

async function show(invocation: Invocation, session: Session): Promise<ExitCode> {
  const [from, to] = [invocation.args.value('from'), invocation.args.value('to')];
  if (from === undefined) throw new Failure(EXIT.usage, `diff needs the earlier moment: --from ${MOMENT}.`);
  const ref = policyRefOf(session, invocation.args.argument('ORGANIZATION'));
  const changes = await session.policies.changes(ref, momentText(from, '--from'), momentText(to, '--to'));
  writeResult(
    invocation,
    () => ({ changes }),
    (paint) => (changes.length === 0 ? 'Nothing differs.\n' : changesText(changes, paint)),
  );
  return EXIT.done;
}
