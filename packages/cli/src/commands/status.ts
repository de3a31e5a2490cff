import { openLoginPolicies, type LoginPolicies, type PolicyCount } from '@login-policy/domain';
import { LOCK_OUTS, type LockOut } from '@login-policy/domain/model';
import { isFault, positionToString, START } from '@login-policy/event-sourcing';
import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { countText } from '../output/counted.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import type { Paint } from '../output/paint.js';
import { printable } from '../output/printable.js';
import { indented, table } from '../output/table.js';
import { API_OPTIONS, apiAddressOf, type ApiAddress } from '../session/api-address.js';
import { StorePolicies } from '../session/store-policies.js';
import { undefinedIfAbsent } from '../session/undefined-if-absent.js';
import type { Policies } from '../session/policies.js';
import { apiSession } from '../session/session.js';
import { withRebuildAdvice } from '../store/rebuild-advice.js';
import { STORE_OPTIONS } from '../store/store-url.js';
import { instancesIn, catchUpInMemory, withStore } from '../store/with-store.js';

/** Shows the status of a store. */
export const status: Command = {
  name: 'status',
  section: 'Look',
  summary:
    'Shows the status of a store: its instances, the number of their policies, and whether the read model is up.',
  details: ['Over the API, it shows the API’s instance. For the server itself, see /debug/ready.'],
  options: { ...STORE_OPTIONS, ...API_OPTIONS, ...OUTPUT_OPTIONS },
  examples: ['login-policy status --store sqlite:iam.db', 'LOGIN_POLICY_STORE=postgres://… login-policy status --json'],
  async run(invocation) {
    const api = await apiAddressOf(invocation.args, invocation.io);
    return api === undefined ? statusOfStore(invocation) : statusOfApi(invocation, api);
  },
};

interface InstanceStatus {
  readonly instanceId: string;
  /** `null` without a default policy. */
  readonly defaultSequence: string | null;
  readonly customPolicies: PolicyCount;
  readonly unreadable: PolicyCount;
  /** The number of custom policies with each warning. */
  readonly lockedOut: Readonly<Record<LockOut, PolicyCount>>;
}

/** The status of a store or an API. */
interface Status {
  readonly address: string;
  /** The last position; `undefined` if it is not known. */
  readonly head: string | undefined;
  /** `up`, or why reads fail. */
  readonly readModel: string;
  readonly instances: readonly (InstanceStatus | string)[];
}

function statusOfStore(invocation: Invocation): Promise<ExitCode> {
  return withStore(invocation, { purpose: 'read' }, async (store, { shown: address }) => {
    const head = positionToString(await store.eventStore.head());
    const ids = await instancesIn(store);
    const loginPolicies = await openLoginPolicies({ store });
    try {
      await catchUpInMemory(store, loginPolicies, invocation.io.interrupted);
      const readModel = await readModelStatus(loginPolicies);
      const opened = { store, loginPolicies, interrupted: invocation.io.interrupted };
      const policiesOf = (instanceId: string): Policies =>
        new StorePolicies({ ...opened, instance: { instanceId }, rows: () => Promise.resolve() });
      const instances = readModel === 'up' ? await Promise.all(ids.map((id) => statusOf(id, policiesOf(id)))) : ids;
      return print(invocation, { address, head, readModel, instances });
    } finally {
      await loginPolicies.close();
    }
  });
}

/** A server that answers reads is up. */
async function statusOfApi(invocation: Invocation, api: ApiAddress): Promise<ExitCode> {
  const { instance, address, policies } = await apiSession(invocation, api);
  const instances = [await statusOf(instance.instanceId, policies)];
  return print(invocation, { address, head: undefined, readModel: 'up', instances });
}

function print(invocation: Invocation, { head, instances, address, readModel }: Status): ExitCode {
  writeResult(
    invocation,
    () => ({ store: address, ...(head !== undefined && { head }), readModel, instances }),
    (paint) => {
      const events = head === positionToString(START) ? 'no events' : `events up to @${head}`;
      const rows = instances.map((one) => (typeof one === 'string' ? [printable(one)] : rowOf(one, paint)));
      const first = head === undefined ? address : `${address}: ${events}`;
      return `${first}\nread model: ${readModel}\ninstances: ${instances.length}\n${indented(table(rows))}`;
    },
  );
  return readModel === 'up' ? EXIT.done : EXIT.refused;
}

/** `up` if reads are answered now; otherwise why not. */
async function readModelStatus({ readModel }: LoginPolicies): Promise<string> {
  try {
    await readModel.ready({ waitMs: 2000 });
    return 'up';
  } catch (caught) {
    const problem = withRebuildAdvice(caught);
    if (problem instanceof Failure || isFault(problem)) return problem.message;
    throw problem;
  }
}

async function statusOf(instanceId: string, policies: Policies): Promise<InstanceStatus> {
  const byDefault = await policies.policy(undefined).catch(undefinedIfAbsent);
  const all = await policies.customized({ limit: 1 });
  const [noWay = 0, noFactor = 0]: readonly PolicyCount[] = await Promise.all(
    LOCK_OUTS.map(async (warned) => (await policies.customized({ warned, limit: 1 })).total ?? 0),
  );
  return {
    instanceId,
    defaultSequence: byDefault === undefined ? null : byDefault.policy.details.sequence,
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
    ...LOCK_OUTS.filter((name) => lockedOut[name] !== 0).map((name) => `${countText(lockedOut[name])} under ${name}`),
    ...(unreadable !== 0 ? [`${countText(unreadable)} unreadable`] : []),
  ];
  return [
    printable(instanceId),
    defaultSequence === null ? 'no default policy' : `default policy at sequence ${defaultSequence}`,
    `${countText(customPolicies)} custom`,
    paint('warning', remarks.join(', ')),
  ];
}
