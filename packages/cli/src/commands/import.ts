import { createHash } from 'node:crypto';
import { orThrow, type CommandInput, type OwnerRef, type Rejected } from '@login-policy/domain';
import {
  ABSENT,
  decide,
  describeRejection,
  evolveAll,
  InvalidValue,
  isOrganization,
  NO_FACTS,
  parseCommand,
  parseId,
  parseOwner,
  parseProse,
  type LoginPolicy,
} from '@login-policy/domain/model';
import type { Instant } from '@login-policy/event-sourcing';
import type { Append } from '@login-policy/event-sourcing/store';
import { actorOf, CHANGE_OPTIONS, isConfirmed } from '../changes/change-options.js';
import type { Actor } from '../session/actor.js';
import type { Command, Invocation } from '../command-line/command.js';
import type { OptionSpecs } from '../command-line/option-specs.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Incomplete, type Failure } from '../failure.js';
import { pathOf, YamlFile, type Path } from '../files/yaml-file.js';
import { counted, policiesText } from '../output/counted.js';
import { titleOf } from '../output/policy-text.js';
import { writeResult } from '../output/result.js';
import { mapConcurrently, MOST_CONCURRENT } from '../policies/map-concurrently.js';
import { parseImportFile, type ImportedState, type ImportFile } from '../policies/import-file.js';
import { withStoreSession, type StoreSession as Session } from '../session/session.js';
import { PATIENCE_OPTIONS, patienceOf, patiently } from '../store/patiently.js';
import { readTextFile } from '../files/read-file.js';

const { acknowledge: _, 'dry-run': __, api: ___, 'token-file': ____, ...changing }: OptionSpecs = CHANGE_OPTIONS;
const options: OptionSpecs = { ...changing, ...PATIENCE_OPTIONS };

/** Imports the policies of an existing IAM. */
export const importCommand: Command = {
  name: 'import',
  section: 'Operate',
  summary: 'Imports the policies of an existing IAM, with their dates.',
  details: [
    'The file lists states of policies, each with the instant at which it began. A policy that is listed several times gets a history: it is added at the first instant, and changed at each later one. The events get these instants. The time before the first one stays unknown.',
    'Only policies without events are imported. Running the command again, also after an interruption, imports nothing twice.',
  ],
  arguments: [
    { name: 'FILE', description: 'The policies: instance, and a list of { at, organization?, by?, reason?, policy }.' },
  ],
  options,
  examples: ['login-policy import zitadel.yaml --yes --store sqlite:iam.db'],
  run: importPolicies,
};

async function importPolicies(invocation: Invocation): Promise<ExitCode> {
  const { args, io } = invocation;
  const name = args.requiredArgument('FILE');
  const text = await readTextFile(name, io);
  const file = parseImportFile(new YamlFile(name, text));
  const id = `import ${createHash('sha256').update(text).digest('hex')}`;
  const instants = new Map(file.states.map(({ at }, index) => [keyOf(id, index), at]));
  const recordedAt = ({ receipt }: Append): Instant => instants.get(receipt?.key ?? '') ?? file.startedAt;
  const opening = { purpose: 'create', instanceId: file.instanceId, recordedAt } as const;
  return withStoreSession(invocation, opening, async (session) => {
    const by = actorOf(args);
    refuseInvalid(session, file, by);
    await refuseExisting(session, file, id);
    const count = new Set(file.states.map(({ organizationId }) => organizationId)).size;
    const what = `${counted(file.states.length, 'state')} of ${policiesText(count)}`;
    const finish = (done: number, sentence: string): void =>
      writeResult(
        invocation,
        () => ({ states: done, left: file.states.length - done, policies: count }),
        () => sentence,
      );
    if (!(await isConfirmed(invocation, `Take over ${what}?`, () => ''))) {
      finish(0, 'Nothing was done.\n');
      return EXIT.refused;
    }
    const repeated = await takeOver(invocation, session, { by, count, file, id });
    finish(
      file.states.length,
      repeated === file.states.length ? `Took over ${what} before; nothing is new.\n` : `Took over ${what}.\n`,
    );
    return EXIT.done;
  });
}

interface TakingOver {
  readonly by: Actor;
  /** The number of policies. */
  readonly count: number;
  readonly file: ImportFile;
  readonly id: string;
}

/** Takes the states over, in the order of their instants. Returns how many an earlier run had taken over. */
async function takeOver(
  { args, io }: Invocation,
  session: Session,
  { by, count, file, id }: TakingOver,
): Promise<number> {
  const patience = patienceOf(args, io.interrupted);
  const { states } = file;
  let [done, repeated] = [0, 0];
  const importOne = async ([index, state]: NumberedState): Promise<void> => {
    io.interrupted.throwIfAborted();
    const key = keyOf(id, index);
    if (await patiently(patience, () => importState(session, file, { state, by, key, id }))) repeated += 1;
    done += 1;
  };
  // On SQL, the log keeps the order of the instants. A server takes its time for each answer.
  const atOnce = session.store.readModelUpdates === 'followed' ? MOST_CONCURRENT : 1;
  try {
    for (const batch of batchesOf(states, atOnce)) await mapConcurrently(batch, importOne);
  } catch (caught) {
    io.err.write(`Stopped after ${done} of ${states.length} states.\n`);
    throw new Incomplete({ states: done, left: states.length - done, policies: count }, caught);
  }
  return repeated;
}

/** A state and its index in the file. */
type NumberedState = readonly [number, ImportedState];

/** Neighbouring states that may be recorded in any order: of different organizations; each state of the default alone. */
function* batchesOf(states: readonly ImportedState[], size: number): Generator<readonly NumberedState[]> {
  let batch = new Map<string | undefined, NumberedState>();
  for (const [index, state] of states.entries()) {
    const { organizationId } = state;
    if (batch.size === size || batch.has(undefined) || batch.has(organizationId) || organizationId === undefined) {
      yield [...batch.values()];
      batch = new Map();
    }
    batch.set(organizationId, [index, state]);
  }
  yield [...batch.values()];
}

/** The idempotency key of a state. */
function keyOf(id: string, index: number): string {
  return `${id} ${index}`;
}

interface StateImport {
  readonly state: ImportedState;
  readonly by: Actor;
  readonly key: string;
  readonly id: string;
}

async function importState(
  { loginPolicies, instance }: Session,
  { file }: ImportFile,
  { by, id, key, state }: StateImport,
): Promise<boolean> {
  const owner = ownerOf(instance, state);
  const actor = state.by ?? by.actor;
  const reason = state.reason ?? by.reason;
  const commandOptions = { actor, correlationId: id, idempotencyKey: key, ...(reason !== undefined && { reason }) };
  const answer = await loginPolicies.execute(owner, commandOf(state), commandOptions);
  if (answer.outcome === 'accepted') return answer.isRepeated;
  throw refusalOf(file, state, answer);
}

/** An error with the place in the file. */
function refusalOf(
  file: YamlFile,
  { path }: ImportedState,
  { message, rejection }: Omit<Rejected, 'outcome'>,
): Failure {
  const field = rejection.reason === 'invalid-argument' ? pathOf(rejection.field.replace(/^policy\./, '')) : [];
  return file.failure([...path, 'policy', ...field], message);
}

/**
 * Decides every command before anything is recorded: a corrected file would be another import, and would be refused for
 * the events of this one.
 *
 * @throws Failure with the place in the file.
 */
function refuseInvalid({ instance }: Session, { file, states }: ImportFile, by: Actor): void {
  const policies = new Map<string | undefined, LoginPolicy>();
  for (const state of states) {
    const { organizationId, path } = state;
    const owner = parseAt(file, [...path, 'organization'], () => parseOwner(ownerOf(instance, state), 'owner'));
    parseAt(file, [...path, 'by'], () => parseId(state.by ?? by.actor, 'by'));
    parseAt(file, [...path, 'reason'], () => parseProse(state.reason ?? by.reason ?? '', 'reason'));
    const command = parseAt(file, [...path, 'policy'], () => parseCommand(commandOf(state), owner));
    const kind = isOrganization(owner) ? 'organization' : 'instance';
    const policy = policies.get(organizationId) ?? ABSENT;
    const facts = { ...NO_FACTS, fallback: policies.get(undefined) ?? ABSENT };
    const decision = decide(command, policy, { owner: kind, facts });
    if (decision.outcome === 'rejected')
      throw refusalOf(file, state, { rejection: decision.rejection, message: describeRejection(decision.rejection) });
    policies.set(organizationId, evolveAll(policy, decision.events, kind));
  }
}

/** @throws Failure with the place of malformed input. */
function parseAt<Value>(file: YamlFile, path: Path, parse: () => Value): Value {
  try {
    return parse();
  } catch (caught) {
    if (!(caught instanceof InvalidValue)) throw caught;
    throw file.failure([...path, ...pathOf(caught.field.replace(/^policy\./, ''))], caught.message);
  }
}

function commandOf({ policy }: ImportedState): CommandInput {
  return policy === 'removed' ? { type: 'remove' } : { type: 'set', policy };
}

/** @throws Failure for a policy that already has events, because earlier ones can't be inserted before them. */
async function refuseExisting(
  { loginPolicies, instance }: Session,
  { file, states }: ImportFile,
  id: string,
): Promise<void> {
  const numbered = [...states.entries()].toReversed();
  const firstStates = new Map(numbered.map(([index, state]) => [state.organizationId, [index, state]] as const));
  await mapConcurrently([...firstStates.values()], async ([index, state]) => {
    const owner = ownerOf(instance, state);
    const { entries } = orThrow(await loginPolicies.history(owner, { limit: 1 }));
    const [first] = entries;
    if (first === undefined || first.idempotencyKey === keyOf(id, index)) return;
    throw file.failure(
      state.path,
      `${titleOf(owner)} already has events, and earlier ones can't be inserted before them.`,
    );
  });
}

function ownerOf(instance: Session['instance'], { organizationId }: ImportedState): OwnerRef {
  return organizationId === undefined ? instance : { ...instance, organizationId };
}
