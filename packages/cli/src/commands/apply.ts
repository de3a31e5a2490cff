import { actorOf, CHANGE_OPTIONS, isConfirmed } from '../changes/change-options.js';
import type { Actor } from '../session/actor.js';
import type { Command, Invocation } from '../command-line/command.js';
import type { OptionSpecs } from '../command-line/option-specs.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure, Incomplete } from '../failure.js';
import { policiesText } from '../output/counted.js';
import { printable } from '../output/printable.js';
import { titleOf } from '../output/policy-text.js';
import { indented } from '../output/table.js';
import { applyStep, refuseForbidden, stepName, planProgress } from '../policies/apply-plan.js';
import { ownerOfStep, parsePlanFile, type PlanFile, type PlannedStep } from '../policies/plan-file.js';
import { withSession, type Session } from '../session/session.js';
import { readTextFile } from '../files/read-file.js';

const { acknowledge: _, ...options }: OptionSpecs = CHANGE_OPTIONS;

/** Carries out a plan. */
export const apply: Command = {
  name: 'apply',
  section: 'Policies as code',
  summary: 'Carries out a plan, exactly as it was shown.',
  details: [
    'The plan is refused as a whole if a policy has changed since. Applying it again changes nothing. After an interruption, run the same command again to resume.',
  ],
  arguments: [{ name: 'PLAN', description: 'A plan written by login-policy plan.' }],
  options,
  examples: ['login-policy apply plan.json --yes --store sqlite:iam.db'],
  run: async (invocation) => {
    const file = invocation.args.requiredArgument('PLAN');
    const plan = parsePlanFile(file, await readTextFile(file, invocation.io));
    const opening = { purpose: 'write', guard: 'refuse', instanceId: plan.instanceId } as const;
    return withSession(invocation, opening, (session) => applyPlan(invocation, session, plan));
  },
};

async function applyPlan(invocation: Invocation, session: Session, plan: PlanFile): Promise<ExitCode> {
  const { args, io } = invocation;
  const by = actorOf(args);
  await refuseOtherHistory(session, plan);
  const { done, pending } = await planProgress(session, plan);
  const isJson = args.flag('json');
  const print = (text: string): void => (isJson ? undefined : io.out.write(text));
  const jsonOf: Applying['jsonOf'] = (changed) => ({
    changed,
    before: done.length,
    left: pending.length - changed.length,
  });
  const finish = (code: ExitCode, changed: readonly string[]): ExitCode => {
    if (isJson) io.out.write(`${JSON.stringify(jsonOf(changed))}\n`);
    return code;
  };
  if (pending.length === 0) {
    print(done.length === 0 ? 'Nothing to do: the plan is empty.\n' : 'Nothing to do: the plan was already applied.\n');
    return finish(EXIT.done, []);
  }
  await refuseForbidden(session, plan, pending);
  const shown = pending
    .map((step) => `${titleOf(ownerOfStep(plan, step))}\n${indented(printableLines(step.shown))}\n`)
    .join('');
  print(shown);
  if (args.flag('dry-run')) return finish(EXIT.different, []);
  if (!(await isConfirmed(invocation, `Change ${policiesText(pending.length)}?`, () => shown))) {
    print('Nothing was done.\n');
    return finish(EXIT.refused, []);
  }
  return carryOut(invocation, session, { by, plan, pending, print, jsonOf, finish });
}

interface Applying {
  readonly by: Actor;
  readonly plan: PlanFile;
  readonly pending: readonly PlannedStep[];
  readonly print: (text: string) => void;
  readonly jsonOf: (changed: readonly string[]) => object;
  readonly finish: (code: ExitCode, changed: readonly string[]) => ExitCode;
}

async function carryOut(
  { io }: Invocation,
  session: Session,
  { by, plan, pending, print, jsonOf, finish }: Applying,
): Promise<ExitCode> {
  const changed: string[] = [];
  for (const step of pending) {
    if (io.interrupted.aborted) {
      io.err.write(`Stopped after ${changed.length} of ${pending.length}. Run the same command again to resume it.\n`);
      throw new Incomplete(jsonOf(changed), io.interrupted.reason);
    }
    const name = stepName(plan, step);
    try {
      print(`${printable(name)}: ${await applyStep(session, plan, { by, step })}\n`);
    } catch (caught) {
      io.err.write(`Stopped at ${printable(name)}, after ${changed.length} of ${pending.length}.\n`);
      throw new Incomplete({ ...jsonOf(changed), stoppedAt: name }, caught);
    }
    changed.push(name);
  }
  return finish(EXIT.done, changed);
}

/** @throws Failure for a plan of another store or of a lost history. */
async function refuseOtherHistory({ policies }: Session, { position }: PlanFile): Promise<void> {
  if (position === undefined || (await policies.hasPosition(position))) return;
  const problem = `The plan was made on another store, or before a backup was restored: event ${position} does not exist.`;
  throw new Failure(EXIT.refused, `${problem} Plan again: login-policy plan FILE --out PLAN.`);
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
