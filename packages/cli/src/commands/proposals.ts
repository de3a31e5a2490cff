import { CHANGE_OPTIONS, actorAndWarningsOf, actorOf, isConfirmed } from '../changes/change-options.js';
import { previewText } from '../changes/change-one.js';
import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { paintFor, type Paint } from '../output/paint.js';
import { printable } from '../output/printable.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import { indented } from '../output/table.js';
import type { LookedAtJson, ProposalJson } from '../session/proposing.js';
import { policyRefOf, SESSION_OPTIONS, withSession, type Session } from '../session/session.js';
import { CHANGE_NAMES, changeNamed, WHERE_OPTIONS } from './change-commands.js';

const { 'dry-run': _, ...DECIDE_OPTIONS } = CHANGE_OPTIONS;
const { acknowledge: __, ...CLOSE_OPTIONS } = DECIDE_OPTIONS;
const { rollout: ___, ...OWNER_OPTIONS } = WHERE_OPTIONS;
const ID = { name: 'ID', description: 'The id of the proposal.' };
const INSTANT = 'INSTANT';

/** Proposes a change. */
const propose: Command = {
  name: 'propose',
  section: 'Change',
  summary: 'Proposes a change that another person approves, or that is carried out at a date.',
  details: [
    'Shows a preview, then asks for confirmation. --reason is required. A server with proposals carries it out when it is due; so does `approve` on a store.',
  ],
  arguments: [
    { name: 'CHANGE', description: `One of ${CHANGE_NAMES.join(', ')}.` },
    { name: 'VALUE', description: 'What that command takes.', isOptional: true },
  ],
  options: {
    ...OWNER_OPTIONS,
    'owner-type': { placeholder: 'TYPE', description: 'Of an identity provider: its owner. Default SYSTEM.' },
    at: { placeholder: INSTANT, description: 'Carried out at this instant. Default: once it is approved.' },
    until: { placeholder: INSTANT, description: 'Taken back at this instant. Default: never.' },
    id: { placeholder: 'ID', description: 'The id of the proposal. Default: a new one.' },
    ...DECIDE_OPTIONS,
  },
  examples: [
    'login-policy propose remove-second-factor OTP_SMS --reason "SMS is phished" --at 2027-03-01T00:00:00Z --store sqlite:iam.db',
  ],
  run: (invocation) =>
    withSession(invocation, { purpose: 'write', guard: 'refuse' }, (session) => proposeIn(invocation, session)),
};

async function proposeIn(invocation: Invocation, session: Session): Promise<ExitCode> {
  const { args, io } = invocation;
  const { acknowledge, ...by } = actorAndWarningsOf(args);
  if (by.reason === undefined) throw new Failure(EXIT.usage, 'A proposal needs --reason, for those who approve it.');
  const command = changeNamed(args.requiredArgument('CHANGE'), args);
  const isEverywhere = args.flag('everywhere');
  if (isEverywhere && args.value('org') !== undefined)
    throw new Failure(EXIT.usage, 'Give --org or --everywhere, not both.');
  const ref = policyRefOf(session, args.value('org'));
  const preview = isEverywhere ? undefined : await session.policies.preview(ref, command, { acknowledge });
  const what = printable(JSON.stringify(command));
  const shown = (paint: Paint): string =>
    preview === undefined ? `${what} everywhere\n` : previewText(preview, paint);
  if (!args.flag('json')) io.out.write(shown(paintFor(io.out, io)));
  const seen = preview?.seen ?? (await session.policies.policy(undefined)).seen ?? '';
  if (!(await isConfirmed(invocation, 'Propose it?', shown))) return EXIT.refused;
  const dates = Object.fromEntries(['id', 'at', 'until'].flatMap((name) => entryOf(name, args.value(name))));
  const proposing = await session.policies.proposals();
  const made = await proposing.propose({ ref, command, isEverywhere, seen }, { by, acknowledge, ...dates });
  writeResult(
    invocation,
    () => made,
    (paint) => proposalText(made, paint),
  );
  return EXIT.done;
}

function entryOf(name: string, value: string | undefined): readonly (readonly [string, string])[] {
  return value === undefined ? [] : [[name, value]];
}

/** Lists proposals, or shows one. */
const proposals: Command = {
  name: 'proposals',
  section: 'Look',
  summary: 'Lists the proposals that wait, or shows one with what it would do now.',
  arguments: [{ ...ID, isOptional: true }],
  options: {
    ...SESSION_OPTIONS,
    all: { description: 'Lists also those that are done, rejected, withdrawn or expired.' },
    ...OUTPUT_OPTIONS,
  },
  examples: ['login-policy proposals --store sqlite:iam.db'],
  run: (invocation) => withSession(invocation, { purpose: 'read' }, (session) => show(invocation, session)),
};

async function show(invocation: Invocation, { policies }: Session): Promise<ExitCode> {
  const id = invocation.args.argument('ID');
  const proposing = await policies.proposals();
  if (id !== undefined) {
    const looked = await proposing.look(id);
    writeResult(
      invocation,
      () => looked,
      (paint) => lookedText(looked, paint),
    );
    return EXIT.done;
  }
  const found = await proposing.list(invocation.args.flag('all') ? 'all' : 'waiting');
  writeResult(
    invocation,
    () => ({ proposals: found }),
    (paint) => (found.length === 0 ? 'No proposal.\n' : found.map((one) => proposalText(one, paint)).join('')),
  );
  return EXIT.done;
}

/** Approves a proposal as it was looked at. */
const approve: Command = {
  name: 'approve',
  section: 'Change',
  summary: 'Approves a proposal of another person, after showing what it would do now.',
  details: [
    'Refused if a policy has changed since. On a store, what is due is carried out at once; a server does that by itself.',
  ],
  arguments: [ID],
  options: CLOSE_OPTIONS,
  examples: ['login-policy approve 01KB2Z3V9Q5M7R8T0W1X2Y3Z4A --store sqlite:iam.db'],
  run: (invocation) =>
    withSession(invocation, { purpose: 'write', guard: 'refuse' }, (session) => approveIn(invocation, session)),
};

async function approveIn(invocation: Invocation, { policies }: Session): Promise<ExitCode> {
  const { args, io } = invocation;
  const [id, by] = [args.requiredArgument('ID'), actorOf(args)];
  const proposing = await policies.proposals();
  const looked = await proposing.look(id);
  if (!args.flag('json')) io.out.write(lookedText(looked, paintFor(io.out, io)));
  if (looked.now === undefined) throw new Failure(EXIT.refused, `It can’t be approved: ${looked.proposal.stage}.`);
  const { message, seen = [] } = looked.now;
  if (message !== undefined) throw new Failure(EXIT.refused, `It would be refused now: ${message}`);
  if (!(await isConfirmed(invocation, 'Approve it?', (paint) => lookedText(looked, paint)))) return EXIT.refused;
  const approved = await proposing.approve(id, seen, by);
  writeResult(
    invocation,
    () => approved,
    (paint) => proposalText(approved, paint),
  );
  return EXIT.done;
}

function closing(name: 'reject' | 'withdraw', summary: string): Command {
  return {
    name,
    section: 'Change',
    summary,
    arguments: [ID],
    options: CLOSE_OPTIONS,
    examples: [`login-policy ${name} 01KB2Z3V9Q5M7R8T0W1X2Y3Z4A --reason "not now" --store sqlite:iam.db`],
    run: (invocation) =>
      withSession(invocation, { purpose: 'write' }, async ({ policies }) => {
        const id = invocation.args.requiredArgument('ID');
        const by = actorOf(invocation.args);
        const question = `${name === 'reject' ? 'Reject' : 'Withdraw'} the proposal ${printable(id)}?`;
        if (!(await isConfirmed(invocation, question, () => ''))) return EXIT.refused;
        const closed = await (await policies.proposals()).close(id, name, by);
        writeResult(
          invocation,
          () => closed,
          (paint) => proposalText(closed, paint),
        );
        return EXIT.done;
      }),
  };
}

/** The commands of proposals. */
export const PROPOSAL_COMMANDS: readonly Command[] = [
  propose,
  proposals,
  approve,
  closing('reject', 'Rejects a proposal of another person, for good.'),
  closing('withdraw', 'Withdraws a proposal of your own.'),
];

function lookedText({ now, proposal }: LookedAtJson, paint: Paint): string {
  const steps = (now?.steps ?? []).map((preview) => indented(previewText(preview, paint))).join('');
  const refused =
    now?.message === undefined ? '' : indented(paint('warning', `Would be refused now: ${now.message}\n`));
  return `${proposalText(proposal, paint)}${steps}${refused}`;
}

function proposalText(proposal: ProposalJson, paint: Paint): string {
  const { approvals, at, change, isEmergency, needed, problem, proposer, reason = '', until, voided } = proposal;
  const steps = change.steps ?? [{ command: change.command ?? {} }];
  const what = steps.map(({ command, ...of }) => {
    const { type, ...rest } = { type: '', ...command };
    const where = 'organizationId' in of ? ` of ${printable(String(of.organizationId))}` : '';
    const whole = change.type === 'rollout' ? ' everywhere' : where;
    return `${type}${whole} ${printable(JSON.stringify(rest))}\n`;
  });
  const dates = [...(at === undefined ? [] : [`from ${at}`]), ...(until === undefined ? [] : [`until ${until}`])];
  const lines = [
    ...what,
    `by ${printable(proposer.actor)}: ${printable(reason)}\n`,
    `${approvals.length} of ${needed} approvals${approvals.map(({ actor }) => ` ${printable(actor)}`).join(',')}\n`,
    ...(dates.length === 0 ? [] : [`${dates.join(' ')}\n`]),
    ...[problem, voided].flatMap((one) => (one === undefined ? [] : [`${printable(one.message)}\n`])),
  ];
  const stage = `${proposal.stage}${isEmergency ? ' (emergency)' : ''}`;
  return `${printable(proposal.id)} ${paint('quiet', stage)}\n${indented(lines.join(''))}`;
}
