import type { Command, Run } from '../command-line/command.js';
import type { Given } from '../command-line/given.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { answer, OUTPUT_OPTIONS } from '../output/answer.js';
import type { Paint } from '../output/paint.js';
import { plain } from '../output/plain.js';
import { ownerText } from '../output/policy-text.js';
import { indented } from '../output/table.js';
import type { AuditEntryJson } from '../session/answers.js';
import type { AuditWanted } from '../session/policies.js';
import { SESSION_OPTIONS, withSession, type Session } from '../session/session.js';

/** Shows the audit log of all policies. */
export const audit: Command = {
  name: 'audit',
  section: 'Look',
  summary: 'Shows the changes of all policies of an instance, newest first: who, what, when and why.',
  details: [
    'On a store, this reads all events and writes nothing. Over the API, it uses the server’s audit log, which is faster.',
  ],
  options: {
    ...SESSION_OPTIONS,
    by: { value: 'ACTOR', is: 'Only changes by this actor.' },
    type: { value: 'TYPE', is: 'Only events of this type, such as MultiFactorRemoved.' },
    factor: { value: 'FACTOR', is: 'Only changes of this factor.' },
    'identity-provider': { value: 'ID', is: 'Only changes of this identity provider.' },
    org: { value: 'ID', is: 'Only the custom policy of this organization.' },
    default: { is: 'Only the default policy.' },
    from: { value: 'INSTANT', is: 'Only changes at or after this instant.' },
    to: { value: 'INSTANT', is: 'Only changes before this instant.' },
    why: { value: 'WORDS', is: 'Only changes whose reason contains all these words.' },
    limit: { value: 'N', is: 'The most entries, 1 to 1,000. Default 100.' },
    export: { value: 'csv|json-lines', is: 'Writes all entries in this format, oldest first.' },
    ...OUTPUT_OPTIONS,
  },
  examples: [
    'login-policy audit --factor U2F_WITH_VERIFICATION --why cloned --store sqlite:iam.db',
    'login-policy audit --from 2026-11-01T00:00:00Z --export csv --store sqlite:iam.db > november.csv',
  ],
  run: (run) => withSession(run, { purpose: 'look' }, (session) => shown(run, session)),
};

function shown(run: Run, session: Session): Promise<ExitCode> {
  const format = run.given.text('export');
  return format === undefined ? page(run, session) : exported(run, session, format);
}

async function page(run: Run, { policies }: Session): Promise<ExitCode> {
  const limit = Number(run.given.wholeNumber('limit') ?? 100n);
  const filter = filterOf(run.given);
  const entries: AuditEntryJson[] = [];
  let after: string | undefined;
  do {
    // With several filters, a page can be shorter than the limit although more entries follow.
    const found = await policies.auditPage(filter, { limit, ...(after !== undefined && { after }) });
    entries.push(...found.entries.slice(0, limit - entries.length));
    after = found.next;
  } while (after !== undefined && entries.length < limit);
  answer(
    run,
    () => ({ entries }),
    (paint) => (entries.length === 0 ? 'Nothing.\n' : entries.map((entry) => entryText(entry, paint)).join('')),
  );
  return EXIT.done;
}

async function exported({ given, io }: Run, { policies }: Session, format: string): Promise<ExitCode> {
  if (format !== 'csv' && format !== 'json-lines')
    throw new Failure(EXIT.usage, `--export must be csv or json-lines, not ${JSON.stringify(format)}.`);
  for await (const part of policies.auditExport(filterOf(given), format)) {
    io.interrupted.throwIfAborted();
    if (io.out.isClosed === true) break;
    io.out.write(part);
  }
  return EXIT.done;
}

/** The filter, unchecked: the domain checks that an instant or a factor is valid. */
function filterOf(given: Given): AuditWanted {
  const filter: Record<string, string> = {};
  for (const [member, option] of Object.entries(MEMBERS)) {
    const value = given.text(option);
    if (value !== undefined) filter[member] = value;
  }
  if (given.flag('default')) filter['isDefault'] = 'true';
  return filter;
}

const MEMBERS = {
  actor: 'by',
  type: 'type',
  factor: 'factor',
  identityProvider: 'identity-provider',
  organizationId: 'org',
  from: 'from',
  to: 'to',
  reason: 'why',
} as const;

function entryText(entry: AuditEntryJson, paint: Paint): string {
  const { actor, data, reason, recordedAt, sequence, type } = entry;
  const why = reason === undefined ? '' : `${paint('quiet', plain(reason))}\n`;
  const head = `${recordedAt}  ${paint('strong', ownerText(entry))} ${sequence}  ${type} by ${plain(actor)}`;
  const text = plain(JSON.stringify(data));
  // The first event of a policy has every setting.
  const what = text.length > 200 || text === '{}' ? '' : `${text}\n`;
  return `${head}\n${indented(`${why}${what}`, '   ')}`;
}
