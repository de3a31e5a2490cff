import { createHash } from 'node:crypto';
import { orThrow, type OwnerRef, type Rejected } from '@login-policy/domain';
import type { Instant } from '@login-policy/event-sourcing';
import { actorOf, CHANGE_OPTIONS, isConfirmed, type Actor } from '../changes/change-options.js';
import type { Command, OptionSpecs, Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { Failure } from '../failure.js';
import { pathOf, YamlFile } from '../files/yaml-file.js';
import { titleOf } from '../output/policy-text.js';
import { parseImportFile, type ImportedState, type ImportFile } from '../policies/import-file.js';
import { withStoreSession, type StoreSession as Session } from '../session/session.js';
import { readTextFile } from '../store/store-url.js';

const { acknowledge: _, 'dry-run': __, api: ___, 'token-file': ____, ...options }: OptionSpecs = CHANGE_OPTIONS;

/** Imports the policies of an existing IAM. */
export const importing: Command = {
  name: 'import',
  section: 'Operate',
  summary: 'Imports the policies of an existing IAM, with their dates.',
  details: [
    'The file lists states of policies, each with the instant at which it began. A policy that is listed several times gets a history: it is added at the first instant, and changed at each later one. The events get these instants. The time before the first one stays unknown.',
    'Only policies without events are imported. Running the command again, also after an interruption, imports nothing twice.',
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
  const name = given.requiredWord('FILE');
  const text = readTextFile(name, io);
  const file = parseImportFile(new YamlFile(name, text));
  const id = `import ${createHash('sha256').update(text).digest('hex')}`;
  const clock = { now: file.states[0]?.at };
  // Its events get the instants of the file, one state after the other.
  const tell = (): Instant => clock.now ?? file.begunAt;
  const opening = { purpose: 'make', instanceId: file.instanceId, clock: tell } as const;
  return withStoreSession(run, opening, async (session) => {
    await refuseOthers(session, file, id);
    await refuseWrong(session, file);
    const count = new Set(file.states.map(({ organizationId }) => organizationId)).size;
    if (!(await isConfirmed(run, `Take over ${file.states.length} states of ${count} policies?`))) return EXIT.refused;
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

/** An error with the place in the file. */
function refusalOf(file: YamlFile, { path }: ImportedState, { message, rejection }: Rejected): Failure {
  const field = rejection.reason === 'invalid-argument' ? pathOf(rejection.field.replace(/^policy\./, '')) : [];
  return file.failure([...path, 'policy', ...field], message);
}

/** Checks every policy before anything is recorded. @throws Failure for malformed input. */
async function refuseWrong({ loginPolicies, instance }: Session, { file, states }: ImportFile): Promise<void> {
  for (const state of states) {
    const { policy } = state;
    if (policy === 'removed') continue;
    const preview = await loginPolicies.preview(ownerOf(instance, state), { type: 'set', policy });
    if (preview.outcome === 'rejected' && preview.rejection.reason === 'invalid-argument')
      throw refusalOf(file, state, preview);
  }
}

/** @throws Failure for a policy that already has events, because earlier ones can't be inserted before them. */
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
    throw file.failure(
      state.path,
      `${titleOf(owner)} already has events, and earlier ones can't be inserted before them.`,
    );
  }
}

function ownerOf(instance: Session['instance'], { organizationId }: ImportedState): OwnerRef {
  return organizationId === undefined ? instance : { ...instance, organizationId };
}
