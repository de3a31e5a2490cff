import {
  EFFECTS,
  type Backtest,
  type BacktestExample,
  type Effect,
  type SignInsByEffect,
} from '@login-policy/domain/backtest';
import type { Command, Invocation } from '../command-line/command.js';
import type { ParsedArguments } from '../command-line/parsed-arguments.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { readTextFile } from '../files/read-file.js';
import { recordsIn } from '../files/read-records.js';
import { counted } from '../output/counted.js';
import type { Paint } from '../output/paint.js';
import { ownerText } from '../output/policy-text.js';
import { printable } from '../output/printable.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import { indented, table } from '../output/table.js';
import { parsePlanFile } from '../policies/plan-file.js';
import type { ChangeToTry } from '../session/looking-back.js';
import { policyRefOf, SESSION_OPTIONS, withSession, type Session } from '../session/session.js';
import { changeIn } from './change-commands.js';

/** Looks back at recorded sign-ins with a change. */
export const backtest: Command = {
  name: 'backtest',
  section: 'Look',
  summary: 'Shows what a change would have meant for recorded sign-ins.',
  details: [
    'Each record is judged by the policy that answered then, and by the changed one (docs/how-to/backtest.md). Over the API, at the records of the server.',
    'Exit code 0: nothing would have been different; 2: something would; 65: there are lines, and none could be judged.',
  ],
  options: {
    ...SESSION_OPTIONS,
    'sign-ins': {
      placeholder: 'FILE…',
      description: 'Records, also packed by gzip; folders of them; - for standard input.',
      isRepeatable: true,
      takesWords: true,
    },
    change: {
      placeholder: 'CHANGE',
      description: 'A change as a command has it: "remove-second-factor OTP_SMS", or settings: forceMfa=yes.',
    },
    org: { placeholder: 'ID', description: 'The change is of the custom policy of this organization.' },
    everywhere: { description: 'The change is of the default policy and of every custom policy.' },
    plan: { placeholder: 'PLAN', description: 'A plan written by login-policy plan, instead of --change.' },
    since: {
      placeholder: 'INSTANT',
      description: 'Only sign-ins from then on: 2026-12-01, or with a time and its offset.',
    },
    until: { placeholder: 'INSTANT', description: 'Only sign-ins before then.' },
    ...OUTPUT_OPTIONS,
  },
  examples: [
    'login-policy backtest --sign-ins .data/sign-ins --change forceMfa=yes --everywhere --store sqlite:iam.db',
    'zcat sign-ins.gz | login-policy backtest --sign-ins - --plan plan.json --store sqlite:iam.db',
  ],
  run: lookBack,
};

async function lookBack(invocation: Invocation): Promise<ExitCode> {
  const { args, io } = invocation;
  const span = { since: instantIn(args, 'since'), until: instantIn(args, 'until') };
  const planned = await planIn(invocation);
  const names = args.values('sign-ins');
  const signIns = names.length === 0 ? undefined : await recordsIn(names, io);
  return withSession(invocation, { purpose: 'read', instanceId: planned?.instanceId }, async (session) => {
    const change = planned ?? changeOf(args, session);
    const found = await session.policies.lookBack({ change, signIns, ...span, signal: io.interrupted });
    writeResult(
      invocation,
      () => found,
      (paint) => textOf(found, paint),
    );
    if (found.signIns === 0 && found.badLineCount > 0) return EXIT.data;
    return found.effects.unchanged.signIns === found.signIns ? EXIT.done : EXIT.different;
  });
}

async function planIn({ args, io }: Invocation): Promise<(ChangeToTry & { readonly instanceId: string }) | undefined> {
  const [name, change] = [args.value('plan'), args.value('change')];
  if ((name === undefined) === (change === undefined)) throw new Failure(EXIT.usage, 'Give --change or --plan.');
  if (name === undefined) return undefined;
  if (args.value('org') !== undefined || args.flag('everywhere'))
    throw new Failure(EXIT.usage, 'A plan says which policies it changes: leave out --org and --everywhere.');
  const { instanceId, steps } = parsePlanFile(name, await readTextFile(name, io));
  return { instanceId, steps: steps.map(({ command, organizationId }) => ({ ref: organizationId, command })) };
}

function changeOf(args: ParsedArguments, session: Session): ChangeToTry {
  const [organizationId, command] = [args.value('org'), changeIn(args.value('change') ?? '', args)];
  if (!args.flag('everywhere')) return { steps: [{ ref: policyRefOf(session, organizationId), command }] };
  if (organizationId === undefined) return { everywhere: command };
  throw new Failure(EXIT.usage, 'Give --org or --everywhere, not both.');
}

function instantIn(args: ParsedArguments, name: 'since' | 'until'): Date | undefined {
  const text = args.value(name);
  if (text === undefined) return undefined;
  const instant = new Date(/^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? text : Number.NaN);
  if (!Number.isNaN(instant.getTime())) return instant;
  throw new Failure(
    EXIT.usage,
    `--${name} must be a day (2026-12-01) or an instant with its offset, not ${JSON.stringify(text)}.`,
  );
}

const WORDS: Readonly<Record<Effect, string>> = {
  refused: 'refused',
  hasToSetUp: 'to set up a factor first',
  hasToVerifyMore: 'to verify more',
  weaker: 'let in with less',
  unchanged: 'unchanged',
};
const ORGANIZATIONS = 10;

function textOf(found: Backtest, paint: Paint): string {
  const { effects, factors, hours, organizationCount, organizations, signIns } = found;
  const groups: readonly (readonly [string, readonly Group[]])[] = [
    [
      'By organization',
      organizations.slice(0, ORGANIZATIONS).map((one) => [one.organizationId ?? '(the instance itself)', one.effects]),
    ],
    ['By hour (UTC)', hours.map((one) => [one.hour.slice(0, 13), one.effects])],
    ['By what was shown', factors.map((one) => [one.factor, one.effects])],
  ];
  const more = organizationCount > ORGANIZATIONS ? `  and ${organizationCount - ORGANIZATIONS} more\n` : '';
  const sections = groups.map(([title, rows]) => {
    const shown = rows.filter(([, some]) => changedIn(some) > 0);
    if (shown.length === 0) return '';
    const text = indented(table(shown.map(([name, some]) => [printable(name), effectsText(some)])));
    return `${paint('strong', title)}\n${text}${title === 'By organization' ? more : ''}`;
  });
  const head = `${counted(signIns, 'sign-in')}: ${effectsText(effects)}.\n`;
  return [head, ...sections, examplesText(found, paint), badLinesText(found, paint)]
    .filter((text) => text !== '')
    .join('\n');
}

type Group = readonly [string, SignInsByEffect];

function changedIn(effects: SignInsByEffect): number {
  return EFFECTS.reduce((sum, effect) => sum + (effect === 'unchanged' ? 0 : effects[effect].signIns), 0);
}

function effectsText(effects: SignInsByEffect): string {
  const parts = EFFECTS.flatMap((effect) => {
    const { administrators, signIns } = effects[effect];
    const among = administrators === 0 ? '' : ` (${administrators} by administrators)`;
    return signIns === 0 ? [] : [`${signIns} ${WORDS[effect]}${among}`];
  });
  return parts.length === 0 ? 'none' : parts.join(', ');
}

function examplesText({ examples }: Backtest, paint: Paint): string {
  const { hasToSetUp, hasToVerifyMore, refused, weaker } = examples;
  const all = [...refused, ...hasToSetUp, ...hasToVerifyMore, ...weaker];
  if (all.length === 0) return '';
  return `${paint('strong', 'Examples')}\n${indented(table(all.map(exampleCells)))}`;
}

function exampleCells({
  after,
  at,
  before,
  isAdministrator,
  line,
  owner,
  source,
  user,
}: BacktestExample): readonly string[] {
  const who = `${printable(user)}${isAdministrator ? ' (administrator)' : ''}`;
  return [printable(`${source}:${line}`), at, printable(ownerText(owner)), who, `${before} → ${after}`];
}

function badLinesText({ badLineCount, badLines }: Backtest, paint: Paint): string {
  if (badLineCount === 0) return '';
  const shown = badLines.slice(0, ORGANIZATIONS);
  const lines = shown.map(({ line, message, problem, source }) =>
    printable(`${source}:${line} ${problem}: ${message}`),
  );
  const more =
    badLineCount > shown.length ? `  and ${badLineCount - shown.length} more (--json has the first 100)\n` : '';
  const title = `${counted(badLineCount, 'line was', 'lines were')} not judged`;
  return `${paint('warning', title)}\n${lines.map((line) => `  ${line}\n`).join('')}${more}`;
}
