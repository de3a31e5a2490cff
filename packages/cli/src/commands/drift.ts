import { orThrow, type OwnerRef } from '@login-policy/domain';
import { LOCK_OUTS } from '@login-policy/domain/model';
import type { Command, Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { readYaml } from '../files/yaml-file.js';
import { answer, OUTPUT_OPTIONS } from '../output/answer.js';
import { plain } from '../output/plain.js';
import { table } from '../output/table.js';
import { differencesOf } from '../policies/plan.js';
import { parsePoliciesFile } from '../policies/policies-file.js';
import { SESSION_OPTIONS, withSession, type Session } from '../store/session.js';

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
  readonly owner: OwnerRef;
  readonly changes: number;
  /** The last change of it; `null` of a policy that never was. */
  readonly last: { readonly at: string; readonly actor: string } | null;
}

async function compared(run: Run): Promise<ExitCode> {
  const { given, io } = run;
  const wanted = parsePoliciesFile(readYaml(given.demandedWord('FILE'), io));
  return withSession(run, { purpose: 'look', instanceId: wanted.instanceId }, async (session) => {
    const { differences } = await differencesOf(session, wanted, LOCK_OUTS);
    const drifted: Drifted[] = [];
    for (const { owner, preview } of differences)
      drifted.push({ owner, changes: preview.changes.length, last: await lastChange(session, owner) });
    answer(
      run,
      () => ({ drifted }),
      () => (drifted.length === 0 ? 'All is as the file says.\n' : table(drifted.map(rowOf))),
    );
    return drifted.length === 0 ? EXIT.done : EXIT.different;
  });
}

async function lastChange({ loginPolicies }: Session, owner: OwnerRef): Promise<Drifted['last']> {
  const { entries } = orThrow(await loginPolicies.history(owner, { direction: 'backwards', limit: 1 }));
  const [last] = entries;
  return last === undefined ? null : { at: String(last.recordedAt.toISO()), actor: last.actor };
}

function rowOf({ changes, last, owner }: Drifted): readonly string[] {
  const name = 'organizationId' in owner ? plain(owner.organizationId) : 'the default';
  const differs = changes === 1 ? '1 difference' : `${changes} differences`;
  return [name, differs, last === null ? 'there is none yet' : `last changed ${last.at} by ${plain(last.actor)}`];
}
