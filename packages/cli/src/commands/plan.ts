import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { readYaml } from '../files/yaml-file.js';
import { writeWholeFile } from '../files/write-file.js';
import { ACKNOWLEDGE_OPTION, acknowledgedIn } from '../changes/change-options.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import { parsePoliciesFile } from '../policies/policies-file.js';
import { differencesOf } from '../policies/plan.js';
import { planFileOf } from '../policies/plan-file.js';
import { differencesText } from '../policies/plan-text.js';
import { SESSION_OPTIONS, withSession } from '../session/session.js';

/** Shows the changes that a policy file would make. */
export const plan: Command = {
  name: 'plan',
  section: 'Policies as code',
  summary: 'Shows the changes that would make the policies match a file, and writes them to a plan for apply.',
  details: ['Exit code 0: no changes; 2: there are changes; 1: some would be refused, and no plan is written.'],
  arguments: [
    {
      name: 'FILE',
      description: 'The policy file (login-policy export writes one, login-policy schema describes its format).',
    },
  ],
  options: {
    ...SESSION_OPTIONS,
    out: { placeholder: 'PLAN', description: 'Writes the plan to this file, for login-policy apply.' },
    ...ACKNOWLEDGE_OPTION,
    ...OUTPUT_OPTIONS,
  },
  examples: ['login-policy plan policies.yaml --out plan.json --store sqlite:iam.db'],
  run: showPlan,
};

async function showPlan(invocation: Invocation): Promise<ExitCode> {
  const { args, io } = invocation;
  const file = parsePoliciesFile(await readYaml(args.requiredArgument('FILE'), io));
  const acknowledge = acknowledgedIn(args);
  const out = args.value('out');
  return withSession(invocation, { purpose: 'read', guard: 'refuse', instanceId: file.instanceId }, async (session) => {
    const { instance, policies } = session;
    const position = await policies.head();
    const found = await differencesOf(session, file, { acknowledge, signal: io.interrupted });
    const { differences, refusals } = found;
    const { instanceId } = instance;
    const planFile = planFileOf({ instanceId, position, acknowledge, differences });
    // Before the result, so that a program which reads that can rely on the file.
    if (refusals.length === 0 && out !== undefined)
      writeWholeFile(out, `${JSON.stringify(planFile, undefined, 2)}\n`, io);
    writeResult(
      invocation,
      () => ({
        plan: planFile,
        previews: differences.map(({ preview }) => preview),
        refusals,
      }),
      (paint) => differencesText(instance, found, paint),
    );
    if (refusals.length > 0) return EXIT.refused;
    return differences.length === 0 ? EXIT.done : EXIT.different;
  });
}
