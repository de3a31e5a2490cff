import {
  CommandHandler,
  Deadline,
  isFault,
  ProjectionRunner,
  type Store,
  streamId,
  type StreamId,
} from '@login-policy/event-sourcing';
import { demandSame, fail } from '../../demand.js';
import { paced } from '../../pace.js';
import {
  COUNTER_CATEGORY,
  counter,
  counterEvents,
  counterTotals,
  type CounterCommand,
  type CounterEvent,
  type CounterRejection,
  type CounterRow,
  type CounterState,
} from '../../samples/counter.js';
import type { Suite } from '../contract.js';
import type { StoreUnderTest, FrozenEnd } from './store-under-test.js';
import { APPLES, CounterWriter, PEARS } from './counters.js';

const [WAIT_MS, SIGNAL_MS, CLOSE_MS] = [1000, 300, 1000];
/** How much later than its time-out, or its signal, a call may end. */
const [AFTER_WAIT_MS, AFTER_SIGNAL_MS] = [500, 100];
const ENDS: ReadonlySet<string> = new Set(['deadline-exceeded', 'projection-behind', 'outcome-unknown']);
const COUNT: CounterCommand = { type: 'Count', data: { by: 1 } };
const context = { actor: 'tester' };

/** What holds while the store's server is frozen. */
export const frozenServers: Suite<StoreUnderTest> = {
  title: 'a store whose server does not answer',
  deadlineMs: 120_000,
  guarantees: {
    'ends every call by its waitMs, signal or closeMs, and recovers when the server does': endsInTime,
  },
};

async function endsInTime({ open }: StoreUnderTest): Promise<void> {
  const { store, freeze, report } = await open();
  if (freeze === undefined) return fail('the fixture must be able to freeze its server');
  await new CounterWriter(store).write(APPLES, 1, 2);
  const calls = new FrozenCalls(store, await ProjectionRunner.open({ store, projection: counterTotals, maxAgeMs: 0 }));
  await calls.warmUp();
  const thaw = await freeze();
  const ends: FrozenEnd[] = [];
  try {
    ends.push(...(await calls.endAll()));
  } finally {
    await thaw();
  }
  report?.(ends);
  for (const { call, end, afterMs } of ends) {
    if (call.startsWith('close')) demandSame({ what: call, actual: end, expected: 'answered' });
    else if (!ENDS.has(end)) fail(`${call} ended with ${end}`);
    const [, limit, ms] = /(waitMs|signal after|closeMs) (\d+)/.exec(call) ?? [];
    const late = afterMs - Number(ms) - paced(limit === 'signal after' ? AFTER_SIGNAL_MS : AFTER_WAIT_MS);
    if (!(late <= 0)) fail(`${call} ended after ${afterMs} ms`);
  }
  const again = await ProjectionRunner.open({ store, projection: counterTotals });
  const { rows } = await again.read([APPLES], { waitMs: 30_000 });
  demandSame({ what: 'total', actual: rows.get(APPLES)?.total, expected: 3 });
  await again.close();
}

/** All calls that wait for the server, on one store. */
class FrozenCalls {
  readonly #store: Store;
  readonly #runner: ProjectionRunner<CounterEvent, CounterRow>;
  readonly #handler: CommandHandler<CounterCommand, CounterEvent, CounterState, CounterRejection>;

  constructor(store: Store, runner: ProjectionRunner<CounterEvent, CounterRow>) {
    this.#store = store;
    this.#runner = runner;
    this.#handler = new CommandHandler({ eventStore: store.eventStore, decider: counter, events: counterEvents });
  }

  async warmUp(): Promise<void> {
    await this.#runner.ready({ waitMs: 30_000 });
    await this.#handler.handle(PEARS, COUNT, context);
  }

  /** Makes all calls at once, then closes the runner. */
  async endAll(): Promise<readonly FrozenEnd[]> {
    const ends = await Promise.all([...this.#withWaitMs(), ...this.#withSignal()]);
    const close = this.#runner.close({ closeMs: CLOSE_MS });
    return [...ends, await endOf(`close, closeMs ${CLOSE_MS}`, close)];
  }

  #withWaitMs(): readonly Promise<FrozenEnd>[] {
    const wait = { waitMs: WAIT_MS };
    const other = streamId(COUNTER_CATEGORY, 'queued');
    const command = (id: StreamId): Promise<unknown> => this.#handler.handle(id, COUNT, { ...context, ...wait });
    return Object.entries({
      'a read': this.#runner.read([APPLES], wait),
      ready: this.#runner.ready(wait),
      'a list': this.#runner.keys({ index: 'parity', value: 'odd' }, wait),
      'a command': command(other),
      'a second command on its stream': command(other),
      'a third command on its stream': command(other),
      'a command on a cached state': command(PEARS),
      'a preview': this.#handler.dryRun(APPLES, COUNT, wait),
      'loading a state': this.#handler.states.catchUp(APPLES, this.#handler.states.nothing, new Deadline('', wait)),
    }).map(([name, call]) => endOf(`${name}, waitMs ${WAIT_MS}`, call));
  }

  #withSignal(): readonly Promise<FrozenEnd>[] {
    const signal = AbortSignal.timeout(SIGNAL_MS);
    const { eventStore } = this.#store;
    const other = streamId(COUNTER_CATEGORY, 'signalled');
    return Object.entries({
      'a read': this.#runner.read([APPLES], { signal }),
      'a command': this.#handler.handle(other, COUNT, { ...context, signal }),
      'a second command on its stream': this.#handler.handle(other, COUNT, { ...context, signal }),
      'loading a state': this.#handler.states.catchUp(
        APPLES,
        this.#handler.states.nothing,
        new Deadline('', { signal }),
      ),
      lag: this.#runner.lag(signal),
      catchUp: this.#runner.catchUp(signal),
      rebuild: this.#runner.rebuild(signal),
      head: eventStore.head({ signal }),
      receipt: eventStore.receipt(APPLES, 'key', { signal }),
    }).map(([name, call]) => endOf(`${name}, signal after ${SIGNAL_MS}`, call));
  }
}

async function endOf(name: string, call: Promise<unknown>): Promise<FrozenEnd> {
  const since = performance.now();
  const end = await call.then(
    () => 'answered',
    (caught: unknown) => (isFault(caught) ? caught.code : String(caught)),
  );
  return { call: name, end, afterMs: Math.round(performance.now() - since) };
}

/** The ends as a Markdown table. */
export function tableOfEnds(ends: readonly FrozenEnd[]): string {
  const rows = ends.map(({ call, end, afterMs }) => {
    const [what, limit = ''] = call.split(', ');
    return `| ${what} | \`${limit}\` | \`${end}\` | ${(afterMs / 1000).toFixed(1)} s |`;
  });
  return ['| call | ended by | result | after |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
