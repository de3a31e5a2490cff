import { openLoginPolicies, orThrow, type InstanceRef, type LoginPolicies } from '@login-policy/domain';
import { LOCK_OUTS, type LockOut } from '@login-policy/domain/model';
import { isFault, positionToString, START, type Store } from '@login-policy/event-sourcing';
import type { Command, Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { answer, OUTPUT_OPTIONS } from '../output/answer.js';
import type { Paint } from '../output/paint.js';
import { Failure } from '../failure.js';
import { plain } from '../output/plain.js';
import { indented, table } from '../output/table.js';
import { leftBehind } from '../store/left-behind.js';
import { instancesIn, madeInMemory, withStore } from '../store/session.js';
import { STORE_OPTIONS, type StorePlace } from '../store/store-url.js';

/** Shows how a store is. */
export const status: Command = {
  name: 'status',
  section: 'Look',
  summary: 'Shows how a store is: its instances, how many policies they have, and whether the read model is up.',
  options: { ...STORE_OPTIONS, ...OUTPUT_OPTIONS },
  examples: ['login-policy status --store sqlite:iam.db', 'LOGIN_POLICY_STORE=postgres://… login-policy status --json'],
  run: (run) => withStore(run, { purpose: 'look' }, (store, place) => show(run, store, place)),
};

interface InstanceStatus {
  readonly instanceId: string;
  /** `null` without a default policy. */
  readonly defaultSequence: string | null;
  readonly customPolicies: number;
  readonly unreadable: number;
  /** How many custom policies stand under each warning. */
  readonly lockedOut: Readonly<Record<LockOut, number>>;
}

async function show(run: Run, store: Store, place: StorePlace): Promise<ExitCode> {
  const head = await store.eventStore.head();
  const ids = await instancesIn(store);
  const loginPolicies = await openLoginPolicies({ store });
  try {
    await madeInMemory(store, loginPolicies, run.io.interrupted);
    const readModel = await readModelStatus(loginPolicies);
    const isUp = readModel === 'up';
    const instances = isUp ? await Promise.all(ids.map((instanceId) => statusOf({ instanceId }, loginPolicies))) : [];
    answer(
      run,
      () => ({
        store: place.shown,
        head: positionToString(head),
        readModel,
        instances,
      }),
      (paint) => {
        const end = head === START ? 'no events' : `events up to @${positionToString(head)}`;
        const rows = isUp ? instances.map((one) => rowOf(one, paint)) : ids.map((id) => [plain(id)]);
        return `${place.shown}: ${end}\nread model: ${readModel}\ninstances: ${ids.length}\n${indented(table(rows))}`;
      },
    );
    return isUp ? EXIT.done : EXIT.refused;
  } finally {
    await loginPolicies.close();
  }
}

/** Whether reads are answered now; else why not. */
async function readModelStatus({ readModel }: LoginPolicies): Promise<string> {
  try {
    await readModel.ready({ waitMs: 2000 });
    return 'up';
  } catch (caught) {
    const said = leftBehind(caught);
    if (said instanceof Failure || isFault(said)) return said.message;
    throw said;
  }
}

async function statusOf(instance: InstanceRef, loginPolicies: LoginPolicies): Promise<InstanceStatus> {
  const byDefault = await loginPolicies.policy(instance);
  const all = orThrow(await loginPolicies.organizationsWithCustomPolicy(instance, { limit: 1 }));
  const [noWay = 0, noFactor = 0] = await Promise.all(
    LOCK_OUTS.map(async (warned) => {
      const page = await loginPolicies.organizationsWithCustomPolicy(instance, { warned, limit: 1 });
      return orThrow(page).total ?? 0;
    }),
  );
  return {
    instanceId: instance.instanceId,
    defaultSequence: byDefault.outcome === 'found' ? String(byDefault.policy.details.sequence) : null,
    customPolicies: all.total ?? 0,
    unreadable: all.unreadable ?? 0,
    lockedOut: { 'no-way-to-sign-in': noWay, 'no-factor-left': noFactor },
  };
}

function rowOf(
  { customPolicies, defaultSequence, instanceId, lockedOut, unreadable }: InstanceStatus,
  paint: Paint,
): readonly string[] {
  const remarks = [
    ...LOCK_OUTS.filter((name) => lockedOut[name] > 0).map((name) => `${lockedOut[name]} under ${name}`),
    ...(unreadable > 0 ? [`${unreadable} unreadable`] : []),
  ];
  return [
    plain(instanceId),
    defaultSequence === null ? 'no default policy' : `default policy at sequence ${defaultSequence}`,
    `${customPolicies} custom`,
    paint('warning', remarks.join(', ')),
  ];
}
