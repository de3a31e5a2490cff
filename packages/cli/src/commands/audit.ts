import { MULTI_FACTORS, SECOND_FACTORS } from '@login-policy/domain';
import type { Command, Invocation } from '../command-line/command.js';
import type { ParsedArguments } from '../command-line/parsed-arguments.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import type { Paint } from '../output/paint.js';
import { printable } from '../output/printable.js';
import { ownerText } from '../output/policy-text.js';
import { indented } from '../output/table.js';
import type { AuditEntryJson } from '../session/answers.js';
import type { AuditFilter } from '../session/policies.js';
import { SESSION_OPTIONS, withSession, type Session } from '../session/session.js';
import { checkInstant } from './moment.js';
import { factorNamed } from './who-allows.js';

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
    by: { placeholder: 'ACTOR', description: 'Only changes by this actor.' },
    type: { placeholder: 'TYPE', description: 'Only events of this type, such as MultiFactorRemoved.' },
    factor: { placeholder: 'FACTOR', description: 'Only changes of this factor.' },
    'identity-provider': { placeholder: 'ID', description: 'Only changes of this identity provider.' },
    org: { placeholder: 'ID', description: 'Only the custom policy of this organization.' },
    default: { description: 'Only the default policy.' },
    from: { placeholder: 'INSTANT', description: 'Only changes at or after this instant.' },
    to: { placeholder: 'INSTANT', description: 'Only changes before this instant.' },
    why: { placeholder: 'WORDS', description: 'Only changes whose reason contains all these words.' },
    limit: { placeholder: 'N', description: 'The most entries, 1 to 1,000. Default 100.' },
    export: { placeholder: 'csv|json-lines', description: 'Writes all entries in this format, oldest first.' },
    ...OUTPUT_OPTIONS,
  },
  examples: [
    'login-policy audit --factor U2F_WITH_VERIFICATION --why cloned --store sqlite:iam.db',
    'login-policy audit --from 2026-11-01T00:00:00Z --export csv --store sqlite:iam.db > november.csv',
  ],
  run: (invocation) => withSession(invocation, { purpose: 'read' }, (session) => showAudit(invocation, session)),
};

function showAudit(invocation: Invocation, session: Session): Promise<ExitCode> {
  const format = invocation.args.value('export');
  return format === undefined ? showPage(invocation, session) : exportAll(invocation, session, format);
}

async function showPage(invocation: Invocation, { policies }: Session): Promise<ExitCode> {
  const limit = invocation.args.limit('limit', { most: 1000, byDefault: 100 });
  const filter = filterOf(invocation.args);
  const entries: AuditEntryJson[] = [];
  let after: string | undefined;
  do {
    // With several filters, a page can be shorter than the limit although more entries follow.
    const found = await policies.auditPage(filter, { limit, ...(after !== undefined && { after }) });
    entries.push(...found.entries.slice(0, limit - entries.length));
    after = found.next;
  } while (after !== undefined && entries.length < limit);
  writeResult(
    invocation,
    () => ({ entries }),
    (paint) => (entries.length === 0 ? 'Nothing.\n' : entries.map((entry) => entryText(entry, paint)).join('')),
  );
  return EXIT.done;
}

async function exportAll({ args, io }: Invocation, { policies }: Session, format: string): Promise<ExitCode> {
  if (format !== 'csv' && format !== 'json-lines')
    throw new Failure(EXIT.usage, `--export must be csv or json-lines, not ${JSON.stringify(format)}.`);
  if (args.flag('json')) throw new Failure(EXIT.usage, 'Give --json or --export, not both.');
  for await (const part of policies.auditExport(filterOf(args), format)) {
    io.interrupted.throwIfAborted();
    if (io.out.isClosed === true) break;
    io.out.write(part);
  }
  return EXIT.done;
}

/** The filter. @throws Failure for an instant or a factor that is not one; the domain checks the rest. */
function filterOf(args: ParsedArguments): AuditFilter {
  for (const option of ['from', 'to']) {
    const instant = args.value(option);
    if (instant !== undefined) checkInstant(instant, `--${option}`);
  }
  const factor = args.value('factor');
  if (factor !== undefined) factorNamed(factor, [...SECOND_FACTORS, ...MULTI_FACTORS]);
  const filter: Record<string, string> = {};
  for (const [member, option] of Object.entries(OPTION_OF_MEMBER)) {
    const value = args.value(option);
    if (value !== undefined) filter[member] = value;
  }
  if (args.flag('default')) filter['isDefault'] = 'true';
  return filter;
}

const OPTION_OF_MEMBER = {
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
  const why = reason === undefined ? '' : `${paint('quiet', printable(reason))}\n`;
  const head = `${recordedAt}  ${paint('strong', ownerText(entry))} ${sequence}  ${type} by ${printable(actor)}`;
  const values = [...valuesIn(data)];
  // The first event of a policy has every setting.
  const what = values.length > 12 ? [`${values.length} values`] : values;
  return `${head}\n${indented(`${why}${what.map((value) => `${printable(value)}\n`).join('')}`, '   ')}`;
}

/** The values of an event, each with its name: of a type that this program does not know, too. */
function* valuesIn(data: object, within = ''): Generator<string, void, undefined> {
  for (const [name, value] of Object.entries<unknown>({ ...data })) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      yield* valuesIn(value, name === 'settings' ? '' : `${name} `);
    else yield `${within}${name}: ${valueText(value)}`;
  }
}

function valueText(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
