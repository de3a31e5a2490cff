import { LOCK_OUTS } from '@login-policy/domain/model';
import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { readYaml } from '../files/yaml-file.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import { counted } from '../output/counted.js';
import { printable } from '../output/printable.js';
import { table } from '../output/table.js';
import { differencesOf } from '../policies/plan.js';
import { parsePoliciesFile } from '../policies/policies-file.js';
import { mapConcurrently } from '../policies/map-concurrently.js';
import type { PolicyRef } from '../session/policy-ref.js';
import { SESSION_OPTIONS, withSession, type Session } from '../session/session.js';

/** Lists the policies that differ from a file. */
export const drift: Command = {
  name: 'drift',
  section: 'Policies as code',
  summary: 'Lists the policies that differ from a file, and the last change of each.',
  details: ['Exit code 0: no differences; 2: some policies differ.'],
  arguments: [{ name: 'FILE', description: 'The policy file.' }],
  options: { ...SESSION_OPTIONS, ...OUTPUT_OPTIONS },
  examples: ['login-policy drift policies.yaml --store sqlite:iam.db'],
  run: listDrift,
};

/** A policy that differs from the file. */
interface Drifted {
  readonly ref: PolicyRef;
  readonly changes: number;
  /** Its last change; `null` for a policy that never existed. */
  readonly last: { readonly at: string; readonly actor: string } | null;
}

async function listDrift(invocation: Invocation): Promise<ExitCode> {
  const { args, io } = invocation;
  const file = parsePoliciesFile(await readYaml(args.requiredArgument('FILE'), io));
  return withSession(invocation, { purpose: 'read', instanceId: file.instanceId }, async (session) => {
    const { differences } = await differencesOf(session, file, { acknowledge: LOCK_OUTS, signal: io.interrupted });
    const drifted = await mapConcurrently(differences, async ({ ref, preview }): Promise<Drifted> => {
      return { ref, changes: preview.changes.length, last: await lastChange(session, ref) };
    });
    writeResult(
      invocation,
      () => ({
        drifted: drifted.map(({ ref, ...more }) => ({ owner: ownerOf(session, ref), ...more })),
      }),
      () => (drifted.length === 0 ? 'All policies match the file.\n' : table(drifted.map(rowOf))),
    );
    return drifted.length === 0 ? EXIT.done : EXIT.different;
  });
}

function ownerOf({ instance }: Session, ref: PolicyRef): object {
  return ref === undefined ? instance : { ...instance, organizationId: ref };
}

async function lastChange({ policies }: Session, ref: PolicyRef): Promise<Drifted['last']> {
  const { entries } = await policies.history(ref, { direction: 'backwards', limit: 1 });
  const [last] = entries;
  return last === undefined ? null : { at: last.recordedAt, actor: last.actor };
}

function rowOf({ changes, last, ref }: Drifted): readonly string[] {
  const name = ref === undefined ? 'the default' : printable(ref);
  return [
    name,
    counted(changes, 'difference'),
    last === null ? 'no policy yet' : `last changed ${last.at} by ${printable(last.actor)}`,
  ];
}
