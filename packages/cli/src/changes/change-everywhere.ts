import { sumOfPeople, type PeopleByChange, type PeopleUnknown, type WarningName } from '@login-policy/domain/model';
import type { RolloutCommand } from '@login-policy/domain/rollout';
import { monotonicIds } from '@login-policy/event-sourcing';
import type { Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure, Incomplete } from '../failure.js';
import { counted, policiesText, stillAllowingText } from '../output/counted.js';
import { paintFor, type Paint } from '../output/paint.js';
import { peopleText } from '../output/people-text.js';
import { printable } from '../output/printable.js';
import { ownerText } from '../output/policy-text.js';
import { Progress } from '../output/progress.js';
import { indented } from '../output/table.js';
import type { ProgressJson, RefusalJson, ReportJson, StepJson } from '../session/answers.js';
import type { RolloutRun } from '../session/policies.js';
import type { Session } from '../session/session.js';
import { actorAndWarningsOf, isConfirmed } from './change-options.js';

/** A command for every policy, and its name in ids and messages: `remove-multi-factor U2F_WITH_VERIFICATION`. */
export interface ChangeEverywhere {
  readonly command: RolloutCommand;
  readonly title: string;
}

/** The plan of a rollout, summed over all policies. */
interface WholePlan {
  readonly counts: Record<StepJson['outcome'], number>;
  readonly refused: RefusalJson[];
  /** The number of policies for which it would cause each warning. */
  readonly warned: Map<WarningName, number>;
  /** What the steps saw. */
  readonly seen: string[];
  /** The users of each step, if they are counted. */
  readonly people: (PeopleByChange | PeopleUnknown)[];
}

/**
 * Changes the default policy and every custom policy. Shows a preview, asks for confirmation, and can be stopped and
 * resumed.
 */
export async function changeEverywhere(
  invocation: Invocation,
  session: Session,
  change: ChangeEverywhere,
): Promise<ExitCode> {
  const { args, io } = invocation;
  const paint = paintFor(io.out, io);
  const { acknowledge, ...by } = actorAndWarningsOf(args);
  const id = args.value('rollout') ?? (await rolloutId(session, change));
  const rollout = session.policies.rollOut(change.command, { id, by, acknowledge });
  const plan = await planAll(rollout);
  const print = (text: string): void => (args.flag('json') ? undefined : io.out.write(text));
  const finish = (code: ExitCode, report?: ReportJson): ExitCode => {
    if (args.flag('json')) io.out.write(`${JSON.stringify(jsonOf(id, plan, report), undefined, 2)}\n`);
    return code;
  };
  refuseForbidden(plan);
  print(planText(plan, paint));
  if (plan.counts['would-change'] === 0) {
    print('Nothing to do.\n');
    return finish(plan.refused.length === 0 ? EXIT.done : EXIT.refused);
  }
  if (args.flag('dry-run')) {
    print('Nothing was done (--dry-run).\n');
    return finish(EXIT.different);
  }
  const question = `Change ${policiesText(plan.counts['would-change'])}?`;
  if (!(await isConfirmed(invocation, question, (painting) => planText(plan, painting)))) {
    print('Nothing was done.\n');
    return finish(EXIT.refused);
  }
  print(paint('quiet', `Rollout ${id}\n`));
  const report = await carryOut(invocation, rollout, { id, plan });
  print(reportText(report, paint));
  if (io.interrupted.aborted) {
    io.err.write(`Stopped. Run the same command again to resume it.\n`);
    throw new Incomplete(jsonOf(id, plan, report), io.interrupted.reason);
  }
  return finish(report.pending + report.refused.length === 0 ? EXIT.done : EXIT.refused, report);
}

/** The id of an unfinished rollout of this command, otherwise a new one. */
async function rolloutId(session: Session, change: ChangeEverywhere): Promise<string> {
  return (await unfinishedRollout(session, change)) ?? `${change.title} ${monotonicIds()()}`;
}

/**
 * The id of an unfinished rollout of this command: the newest one that changed the default policy, if policies are left
 * to change.
 */
async function unfinishedRollout(
  { policies }: Session,
  { command, title }: ChangeEverywhere,
): Promise<string | undefined> {
  const { entries } = await policies.history(undefined, { direction: 'backwards', limit: 100 });
  const id = entries.find(({ correlationId }) => correlationId.startsWith(`${title} `))?.correlationId;
  if (id === undefined) return undefined;
  const report = await policies.rollOut(command, { id, by: { actor: 'report' }, acknowledge: [] }).report();
  return report !== undefined && report.pending > 0 ? id : undefined;
}

async function planAll(rollout: RolloutRun): Promise<WholePlan> {
  const counts = { 'would-change': 0, 'nothing-to-do': 0, 'would-be-refused': 0 };
  const plan: WholePlan = { counts, refused: [], warned: new Map<WarningName, number>(), people: [], seen: [] };
  for await (const steps of rollout.plan()) for (const step of steps) addStep(step, plan);
  return plan;
}

function addStep(step: StepJson, { counts, people, refused, seen, warned }: WholePlan): void {
  counts[step.outcome]++;
  if (step.seen !== undefined) seen.push(step.seen);
  if (step.outcome === 'would-be-refused') refused.push(refusalOf(step));
  if (step.outcome !== 'would-change') return;
  if (step.people !== undefined) people.push(step.people);
  for (const { warning } of step.warnings.introduced) warned.set(warning, (warned.get(warning) ?? 0) + 1);
}

function refusalOf({ message, owner, reason }: RefusalJson): RefusalJson {
  return { owner, reason, message };
}

/** Refuses to begin if the token may change only some of the policies. @throws Failure */
function refuseForbidden({ counts, refused }: WholePlan): void {
  const forbidden = refused.filter(({ reason }) => reason === 'not-permitted');
  if (forbidden.length === 0) return;
  const all = counts['nothing-to-do'] + counts['would-be-refused'] + counts['would-change'];
  const names = forbidden.slice(0, 10).map(({ owner }) => ownerText(owner));
  const more = forbidden.length > names.length ? ` and ${forbidden.length - names.length} more` : '';
  throw new Failure(
    EXIT.denied,
    `Nothing was done: the token is not allowed to change ${forbidden.length} of ${policiesText(all)}: ${names.join(', ')}${more}. Use another token, or change one policy with --org.`,
  );
}

/** Returns the report. @throws Incomplete with what was heard of the rollout before an error. */
async function carryOut(
  { args, io }: Invocation,
  rollout: RolloutRun,
  { id, plan }: { readonly id: string; readonly plan: WholePlan },
): Promise<ReportJson> {
  const refused: RefusalJson[] = [];
  const { 'nothing-to-do': unchanged, 'would-be-refused': refusals, 'would-change': changes } = plan.counts;
  let heard: ProgressJson = { done: 0, of: changes + unchanged + refusals, changed: 0, refusals: [] };
  const reportOf = ({ changed, done, of: all }: ProgressJson): ReportJson => {
    return { changed, unchanged: done - changed - refused.length, pending: all - done, refused };
  };
  try {
    const bar = new Progress(io, 'Changing');
    try {
      for await (heard of rollout.carryOut(plan.seen, io.interrupted)) {
        bar.show(heard.done, heard.of);
        refused.push(...heard.refusals);
      }
    } finally {
      bar.end();
    }
    return (await rollout.report()) ?? reportOf(heard);
  } catch (cause) {
    const report = reportOf(heard);
    if (!args.flag('json')) io.out.write(reportText(report, paintFor(io.out, io)));
    throw new Incomplete(jsonOf(id, plan, report), cause);
  }
}

function planText({ counts, people, refused, warned }: WholePlan, paint: Paint): string {
  const warnings = [...warned].map(([warning, number]) => paint('warning', `! ${warning}: ${policiesText(number)}\n`));
  return [
    `${policiesText(counts['would-change'])} would change, ${counted(counts['nothing-to-do'], 'has', 'have')} nothing to do, ${refused.length} would be refused.\n`,
    ...warnings,
    people.length === 0 ? '' : paint('quiet', peopleText(sumOfPeople(people))),
    refusalsText(refused),
  ].join('');
}

function reportText({ changed, pending, refused, stillAllowing, unchanged }: ReportJson, paint: Paint): string {
  const stillPending = pending === 0 ? '' : paint('warning', `${counted(pending, 'is', 'are')} still to be changed.\n`);
  const stillAllowed = stillAllowing === undefined ? '' : `${stillAllowingText(stillAllowing)}\n`;
  return `${changed} changed, ${unchanged} had nothing to do, ${refused.length} refused.\n${refusalsText(refused)}${stillPending}${stillAllowed}`;
}

function refusalsText(refused: readonly RefusalJson[]): string {
  return indented(refused.map(({ owner, message }) => `${ownerText(owner)}: ${printable(message)}\n`).join(''));
}

function jsonOf(id: string, { counts, people, refused, warned }: WholePlan, report: ReportJson | undefined): object {
  return {
    rollout: id,
    plan: {
      counts,
      refused,
      warned: Object.fromEntries(warned),
      ...(people.length > 0 && { people: sumOfPeople(people) }),
    },
    ...(report && { report }),
  };
}
