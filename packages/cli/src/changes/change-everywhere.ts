import {
  orThrow,
  type Rollout,
  type RolloutCommand,
  type RolloutPlan,
  type RolloutReport,
  type RolloutStep,
} from '@login-policy/domain';
import type { WarningName, RolloutRefusal } from '@login-policy/domain/model';
import { monotonicIds } from '@login-policy/event-sourcing';
import type { Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { paintFor, type Paint } from '../output/paint.js';
import { plain } from '../output/plain.js';
import { ownerText } from '../output/policy-text.js';
import { Progress } from '../output/progress.js';
import { indented } from '../output/table.js';
import type { Session } from '../store/session.js';
import { byOf, isWanted } from './change-options.js';

/** A command for every policy, and what it is called in ids and sentences: `remove-multi-factor U2F_WITH_VERIFICATION`. */
export interface ChangeOfAll {
  readonly command: RolloutCommand;
  readonly title: string;
}

/** What a rollout would do, all pages together. */
interface WholePlan {
  readonly counts: RolloutPlan['counts'];
  readonly refused: readonly RolloutRefusal[];
  /** How many policies would stand under each warning that it introduces. */
  readonly warned: ReadonlyMap<WarningName, number>;
}

/** Changes the default policy and every custom policy: says first what that would do to each, asks, and can be stopped and taken up again. */
export async function changeEverywhere(run: Run, session: Session, change: ChangeOfAll): Promise<ExitCode> {
  const { given, io } = run;
  const paint = paintFor(io.out, io);
  const id = given.text('rollout') ?? (await unfinished(session, change)) ?? `${change.title} ${monotonicIds()()}`;
  const rollout = session.loginPolicies.rollOut(session.instance, change.command, { ...byOf(given), id });
  const plan = await wholePlan(rollout);
  const say = (text: string): void => (given.flag('json') ? undefined : io.out.write(text));
  const tell = (code: ExitCode, report?: RolloutReport): ExitCode => {
    if (given.flag('json')) io.out.write(`${JSON.stringify(jsonOf(id, plan, report), undefined, 2)}\n`);
    return code;
  };
  say(planText(plan, paint));
  if (plan.counts['would-change'] === 0) {
    say('Nothing to do.\n');
    return tell(plan.refused.length === 0 ? EXIT.done : EXIT.refused);
  }
  if (given.flag('dry-run')) {
    say('Nothing was done (--dry-run).\n');
    return tell(EXIT.different);
  }
  if (!(await isWanted(run, `Change ${plan.counts['would-change']} policies?`))) {
    say('Nothing was done.\n');
    return tell(EXIT.refused);
  }
  say(paint('quiet', `Rollout ${id}\n`));
  await carriedOut(run, rollout);
  const report = orThrow(await rollout.report());
  say(reportText(report, paint));
  if (io.interrupted.aborted) {
    io.err.write(`Stopped. The same command takes it up again.\n`);
    return tell(EXIT.interrupted, report);
  }
  return tell(report.pending + report.refused.length === 0 ? EXIT.done : EXIT.refused, report);
}

/** A rollout of this command that was begun and stopped: the newest that changed the default, if it has something left to do. */
async function unfinished(
  { instance, loginPolicies }: Session,
  { command, title }: ChangeOfAll,
): Promise<string | undefined> {
  const { entries } = orThrow(await loginPolicies.history(instance, { direction: 'backwards', limit: 100 }));
  const id = entries.find(({ correlationId }) => correlationId.startsWith(`${title} `))?.correlationId;
  if (id === undefined) return undefined;
  const report = orThrow(await loginPolicies.rollOut(instance, command, { id, actor: 'report' }).report());
  return report.pending > 0 ? id : undefined;
}

async function wholePlan(rollout: Rollout): Promise<WholePlan> {
  const counts = { 'would-change': 0, 'nothing-to-do': 0, 'would-be-refused': 0 };
  const refused: RolloutRefusal[] = [];
  const warned = new Map<WarningName, number>();
  let next: { readonly after?: string } | undefined = {};
  while (next !== undefined) {
    const page: RolloutPlan = orThrow(await rollout.plan({ limit: 1000, ...next }));
    for (const step of page.steps) count(step, { counts, refused, warned });
    next = page.next === undefined ? undefined : { after: page.next };
  }
  return { counts, refused, warned };
}

function count(
  step: RolloutStep,
  {
    counts,
    refused,
    warned,
  }: { counts: Record<RolloutStep['outcome'], number>; refused: RolloutRefusal[]; warned: Map<WarningName, number> },
): void {
  counts[step.outcome]++;
  if (step.outcome === 'would-be-refused') refused.push(step.refusal);
  if (step.outcome !== 'would-change') return;
  for (const { warning } of step.warnings.introduced) warned.set(warning, (warned.get(warning) ?? 0) + 1);
}

async function carriedOut({ io }: Run, rollout: Rollout): Promise<void> {
  const bar = new Progress(io, 'Changing');
  try {
    for await (const { done, of } of rollout.carryOut({ signal: io.interrupted })) bar.show(done, of);
  } finally {
    bar.end();
  }
}

function planText({ counts, refused, warned }: WholePlan, paint: Paint): string {
  const warnings = [...warned].map(([warning, policies]) => paint('warning', `! ${warning}: ${policies} policies\n`));
  return [
    `${counts['would-change']} policies would change, ${counts['nothing-to-do']} have nothing to do, ${refused.length} would be refused.\n`,
    ...warnings,
    refusalsText(refused),
  ].join('');
}

function reportText({ changed, pending, refused, stillAllowing, unchanged }: RolloutReport, paint: Paint): string {
  const left = pending === 0 ? '' : paint('warning', `${pending} are still to be changed.\n`);
  const still = stillAllowing === undefined ? '' : `${stillAllowing} custom policies still allow it.\n`;
  return `${changed} changed, ${unchanged} had nothing to do, ${refused.length} refused.\n${refusalsText(refused)}${left}${still}`;
}

function refusalsText(refused: readonly RolloutRefusal[]): string {
  return indented(refused.map(({ owner, message }) => `${ownerText(owner)}: ${plain(message)}\n`).join(''));
}

function jsonOf(id: string, plan: WholePlan, report: RolloutReport | undefined): object {
  const refusals = (refused: readonly RolloutRefusal[]): object[] => refused.map((one) => ({ ...one }));
  return {
    rollout: id,
    plan: { counts: plan.counts, refused: refusals(plan.refused), warned: Object.fromEntries(plan.warned) },
    ...(report && { report: { ...report, refused: refusals(report.refused) } }),
  };
}
