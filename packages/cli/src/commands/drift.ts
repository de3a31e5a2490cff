import { LOCK_OUTS } from '@login-policy/domain/model';
import type { Command, Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { readYaml } from '../files/yaml-file.js';
import { answer, OUTPUT_OPTIONS } from '../output/answer.js';
import { plain } from '../output/plain.js';
import { table } from '../output/table.js';
import { differencesOf } from '../policies/plan.js';
import { parsePoliciesFile } from '../policies/policies-file.js';
import { inLanes } from '../policies/in-lanes.js';
import type { PolicyRef } from '../session/policies.js';
import { SESSION_OPTIONS, withSession, type Session } from '../session/session.js';

/** Names the policies that are not as a file says. */
export const drift: Command = {
  name: 'drift',
  section: 'Policies as code',
  summary: 'Names the policies that are not as a file says, and who changed each last.',
  details: ['Exit code 0: none; 2: there are some.'],
  arguments: [{ name: 'FILE', is: 'The file of policies.' }],
  options: { ...SESSION_OPTIONS, ...OUTPUT_OPTIONS },
  examples: ['login-policy drift policies.yaml --store sqlite:iam.db'],
  run: compared,
};

/** A policy that is not as the file says. */
interface Drifted {
  readonly of: PolicyRef;
  readonly changes: number;
  /** The last change of it; `null` of a policy that never was. */
  readonly last: { readonly at: string; readonly actor: string } | null;
}

async function compared(run: Run): Promise<ExitCode> {
  const { given, io } = run;
  const wanted = parsePoliciesFile(readYaml(given.demandedWord('FILE'), io));
  return withSession(run, { purpose: 'look', instanceId: wanted.instanceId }, async (session) => {
    const { differences } = await differencesOf(session, wanted, { acknowledge: LOCK_OUTS, signal: io.interrupted });
    const drifted = await inLanes(differences, async ({ of, preview }): Promise<Drifted> => {
      return { of, changes: preview.changes.length, last: await lastChange(session, of) };
    });
    answer(
      run,
      () => ({
        drifted: drifted.map(({ of, ...more }) => ({ owner: ownerOf(session, of), ...more })),
      }),
      () => (drifted.length === 0 ? 'All is as the file says.\n' : table(drifted.map(rowOf))),
    );
    return drifted.length === 0 ? EXIT.done : EXIT.different;
  });
}

function ownerOf({ instance }: Session, of: PolicyRef): object {
  return of === undefined ? instance : { ...instance, organizationId: of };
}

async function lastChange({ policies }: Session, of: PolicyRef): Promise<Drifted['last']> {
  const { entries } = await policies.history(of, { direction: 'backwards', limit: 1 });
  const [last] = entries;
  return last === undefined ? null : { at: last.recordedAt, actor: last.actor };
}

function rowOf({ changes, last, of }: Drifted): readonly string[] {
  const name = of === undefined ? 'the default' : plain(of);
  const differs = changes === 1 ? '1 difference' : `${changes} differences`;
  return [name, differs, last === null ? 'there is none yet' : `last changed ${last.at} by ${plain(last.actor)}`];
}
