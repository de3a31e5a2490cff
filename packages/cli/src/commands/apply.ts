import { actorOf, CHANGE_OPTIONS, isConfirmed } from '../changes/change-options.js';
import type { Command, OptionSpecs, Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { policiesText } from '../output/counted.js';
import { plain } from '../output/plain.js';
import { titleOf } from '../output/policy-text.js';
import { indented } from '../output/table.js';
import { applyStep, refuseForbidden, stepName, stepsLeft } from '../policies/apply-plan.js';
import { ownerOfStep, parsePlanFile, type PlanFile, type PlannedStep } from '../policies/plan-file.js';
import { withSession, type Session } from '../session/session.js';
import { readTextFile } from '../store/store-url.js';

const { acknowledge: _, ...options }: OptionSpecs = CHANGE_OPTIONS;

/** Carries out a plan. */
export const apply: Command = {
  name: 'apply',
  section: 'Policies as code',
  summary: 'Carries out a plan, exactly as it was shown.',
  details: [
    'The plan is refused as a whole if a policy has changed since. Applying it again changes nothing. After an interruption, run the same command again to resume.',
  ],
  arguments: [{ name: 'PLAN', is: 'A plan written by login-policy plan.' }],
  options,
  examples: ['login-policy apply plan.json --yes --store sqlite:iam.db'],
  run: (run) => {
    const file = run.given.requiredWord('PLAN');
    const plan = parsePlanFile(file, readTextFile(file, run.io));
    const opening = { purpose: 'change', guard: 'refuse', instanceId: plan.instanceId } as const;
    return withSession(run, opening, (session) => applied(run, session, plan));
  },
};

async function applied(run: Run, session: Session, plan: PlanFile): Promise<ExitCode> {
  const { given, io } = run;
  await refuseOtherHistory(session, plan);
  const { done, left } = await stepsLeft(session, plan);
  const isJson = given.flag('json');
  const say = (text: string): void => (isJson ? undefined : io.out.write(text));
  const end = (code: ExitCode, changed: readonly string[]): ExitCode => {
    if (isJson)
      io.out.write(`${JSON.stringify({ changed, before: done.length, left: left.length - changed.length })}\n`);
    return code;
  };
  if (left.length === 0) {
    say(done.length === 0 ? 'Nothing to do: the plan is empty.\n' : 'Nothing to do: the plan was already applied.\n');
    return end(EXIT.done, []);
  }
  await refuseForbidden(session, plan, left);
  for (const step of left) say(`${titleOf(ownerOfStep(plan, step))}\n${indented(lines(step.shown))}\n`);
  if (given.flag('dry-run')) return end(EXIT.different, []);
  if (!(await isConfirmed(run, `Change ${policiesText(left.length)}?`))) {
    say('Nothing was done.\n');
    return end(EXIT.refused, []);
  }
  return carryOut(run, session, { plan, left, say, end });
}

interface Applying {
  readonly plan: PlanFile;
  readonly left: readonly PlannedStep[];
  readonly say: (text: string) => void;
  readonly end: (code: ExitCode, changed: readonly string[]) => ExitCode;
}

async function carryOut({ given, io }: Run, session: Session, { plan, left, say, end }: Applying): Promise<ExitCode> {
  const by = actorOf(given);
  const changed: string[] = [];
  for (const step of left) {
    if (io.interrupted.aborted) {
      io.err.write(`Stopped after ${changed.length} of ${left.length}. Run the same command again to resume it.\n`);
      return end(EXIT.interrupted, changed);
    }
    const name = stepName(plan, step);
    say(`${plain(name)}: ${await applyStep(session, plan, { by, step })}\n`);
    changed.push(name);
  }
  return end(EXIT.done, changed);
}

/** @throws Failure for a plan of another store or of a lost history. */
async function refuseOtherHistory({ policies }: Session, { position }: PlanFile): Promise<void> {
  if (position === undefined || (await policies.knows(position))) return;
  const problem = `The plan was made on another store, or before a backup was restored: event ${position} does not exist.`;
  throw new Failure(EXIT.refused, `${problem} Plan again: login-policy plan FILE --out PLAN.`);
}

function lines(text: string): string {
  return text.split('\n').map(plain).join('\n');
}
