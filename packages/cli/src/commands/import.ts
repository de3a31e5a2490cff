import { createHash } from 'node:crypto';
import { orThrow, type OwnerRef, type Rejected } from '@login-policy/domain';
import type { Instant } from '@login-policy/event-sourcing';
import { actorOf, CHANGE_OPTIONS, isWanted, type Actor } from '../changes/change-options.js';
import type { Command, OptionSpecs, Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { Failure } from '../failure.js';
import { pathOf, YamlFile } from '../files/yaml-file.js';
import { titleOf } from '../output/policy-text.js';
import { parseImportFile, type ImportedState, type ImportFile } from '../policies/import-file.js';
import { withStoreSession, type StoreSession as Session } from '../session/session.js';
import { readTextFile } from '../store/store-url.js';

const { acknowledge: _, 'dry-run': __, api: ___, 'token-file': ____, ...options }: OptionSpecs = CHANGE_OPTIONS;

/** Takes over the policies of an IAM that there is. */
export const importing: Command = {
  name: 'import',
  section: 'Operate',
  summary: 'Takes over the policies of an existing IAM, with their dates.',
  details: [
    'The file lists states of policies, each with the instant since which it has been so. A policy that is listed several times has a history: it is added at the first instant and becomes what each later one says. What is recorded has those instants; of the time before the first nothing is said.',
    'Only policies that have no events yet are taken over. Given again, or after it was stopped, what is there is not done twice.',
  ],
  arguments: [
    { name: 'FILE', is: 'The policies: instance, and a list of { at, organization?, by?, reason?, policy }.' },
  ],
  options,
  examples: ['login-policy import zitadel.yaml --yes --store sqlite:iam.db'],
  run: imported,
};

async function imported(run: Run): Promise<ExitCode> {
  const { given, io } = run;
  const name = given.demandedWord('FILE');
  const text = readTextFile(name, io);
  const file = parseImportFile(new YamlFile(name, text));
  const id = `import ${createHash('sha256').update(text).digest('hex')}`;
  const clock = { now: file.states[0]?.at };
  // Its events are recorded at the instants of the file, one state after the other.
  const tell = (): Instant => clock.now ?? file.begunAt;
  const opening = { purpose: 'make', instanceId: file.instanceId, clock: tell } as const;
  return withStoreSession(run, opening, async (session) => {
    await refuseOthers(session, file, id);
    await refuseWrong(session, file);
    const count = new Set(file.states.map(({ organizationId }) => organizationId)).size;
    if (!(await isWanted(run, `Take over ${file.states.length} states of ${count} policies?`))) return EXIT.refused;
    const by = actorOf(given);
    for (const [index, state] of file.states.entries()) {
      io.interrupted.throwIfAborted();
      clock.now = state.at;
      await takeOver(session, file, { state, by, key: `${id} ${index}`, id });
    }
    io.out.write(`Took over ${file.states.length} states of ${count} policies.\n`);
    return EXIT.done;
  });
}

interface TakingOver {
  readonly state: ImportedState;
  readonly by: Actor;
  readonly key: string;
  readonly id: string;
}

async function takeOver(
  { loginPolicies, instance }: Session,
  { file }: ImportFile,
  { by, id, key, state }: TakingOver,
): Promise<void> {
  const owner = ownerOf(instance, state);
  const actor = state.by ?? by.actor;
  const reason = state.reason ?? by.reason;
  const told = { actor, correlationId: id, idempotencyKey: key, ...(reason !== undefined && { reason }) };
  const { policy } = state;
  const answer = await loginPolicies.execute(
    owner,
    policy === 'removed' ? { type: 'remove' } : { type: 'set', policy },
    told,
  );
  if (answer.outcome === 'accepted') return;
  throw refusalOf(file, state, answer);
}

/** Says what is wrong, with the place in the file. */
function refusalOf(file: YamlFile, { path }: ImportedState, { message, rejection }: Rejected): Failure {
  const field = rejection.reason === 'invalid-argument' ? pathOf(rejection.field.replace(/^policy\./, '')) : [];
  return file.failure([...path, 'policy', ...field], message);
}

/** Looks at every policy before the first is recorded. @throws Failure for input that is not of its form. */
async function refuseWrong({ loginPolicies, instance }: Session, { file, states }: ImportFile): Promise<void> {
  for (const state of states) {
    const { policy } = state;
    if (policy === 'removed') continue;
    const preview = await loginPolicies.preview(ownerOf(instance, state), { type: 'set', policy });
    if (preview.outcome === 'rejected' && preview.rejection.reason === 'invalid-argument')
      throw refusalOf(file, state, preview);
  }
}

/** @throws Failure for a policy that has a history of its own: dates before it can't be put in. */
async function refuseOthers(
  { loginPolicies, instance }: Session,
  { file, states }: ImportFile,
  id: string,
): Promise<void> {
  const seen = new Set<string | undefined>();
  for (const state of states) {
    if (seen.has(state.organizationId)) continue;
    seen.add(state.organizationId);
    const owner = ownerOf(instance, state);
    const { entries } = orThrow(await loginPolicies.history(owner, { limit: 1 }));
    const [first] = entries;
    if (first === undefined || first.correlationId === id) continue;
    throw file.failure(state.path, `${titleOf(owner)} has a history already, so another can't be put before it.`);
  }
}

function ownerOf(instance: Session['instance'], { organizationId }: ImportedState): OwnerRef {
  return organizationId === undefined ? instance : { ...instance, organizationId };
}
