import { LOCK_OUTS } from '@login-policy/domain/model';
import type { Command, Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { readYaml } from '../files/yaml-file.js';
import { answer, OUTPUT_OPTIONS } from '../output/answer.js';
import { counted } from '../output/counted.js';
import { plain } from '../output/plain.js';
import { table } from '../output/table.js';
import { differencesOf } from '../policies/plan.js';
import { parsePoliciesFile } from '../policies/policies-file.js';
import { mapConcurrently } from '../policies/map-concurrently.js';
import type { PolicyRef } from '../session/policies.js';
import { SESSION_OPTIONS, withSession, type Session } from '../session/session.js';

/** Lists the policies that differ from a file. */
export const drift: Command = {
  name: 'drift',
  section: 'Policies as code',
  summary: 'Lists the policies that differ from a file, and the last change of each.',
  details: ['Exit code 0: no differences; 2: some policies differ.'],
  arguments: [{ name: 'FILE', is: 'The policy file.' }],
  options: { ...SESSION_OPTIONS, ...OUTPUT_OPTIONS },
  examples: ['login-policy drift policies.yaml --store sqlite:iam.db'],
  run: compared,
};

/** A policy that differs from the file. */
interface Drifted {
  readonly of: PolicyRef;
  readonly changes: number;
  /** Its last change; `null` for a policy that never existed. */
  readonly last: { readonly at: string; readonly actor: string } | null;
}

async function compared(run: Run): Promise<ExitCode> {
  const { given, io } = run;
  const wanted = parsePoliciesFile(readYaml(given.requiredWord('FILE'), io));
  return withSession(run, { purpose: 'look', instanceId: wanted.instanceId }, async (session) => {
    const { differences } = await differencesOf(session, wanted, { acknowledge: LOCK_OUTS, signal: io.interrupted });
    const drifted = await mapConcurrently(differences, async ({ of, preview }): Promise<Drifted> => {
      return { of, changes: preview.changes.length, last: await lastChange(session, of) };
    });
    answer(
      run,
      () => ({
        drifted: drifted.map(({ of, ...more }) => ({ owner: ownerOf(session, of), ...more })),
      }),
      () => (drifted.length === 0 ? 'All policies match the file.\n' : table(drifted.map(rowOf))),
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
  return [
    name,
    counted(changes, 'difference'),
    last === null ? 'no policy yet' : `last changed ${last.at} by ${plain(last.actor)}`,
  ];
}
