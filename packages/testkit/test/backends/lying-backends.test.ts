import { type Clock, type Position, START, type Store, yieldToLoop } from '@login-policy/event-sourcing';
import { type Found, MemoryBackend, type Plan, type Question, storeOn } from '@login-policy/event-sourcing/store';
import { eventStoreContract, storeContract } from '@login-policy/testkit/contracts';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { runContract } from '../contracts/contract-run.js';
import { demandNoticed } from '../contracts/mutant.js';

/** Does not write each third plan that has events. */
class Forgetful extends MemoryBackend {
  #plans = 0;

  protected override apply(plan: Plan): void {
    this.#plans += plan.head === plan.headBefore ? 0 : 1;
    if (this.#plans % 3 !== 0 || plan.head === plan.headBefore) super.apply(plan);
  }
}

/** Writes the events of a plan twice. */
class Stuttering extends MemoryBackend {
  protected override apply(plan: Plan): void {
    super.apply(plan);
    super.apply({ ...plan, models: [] });
  }
}

/** Writes the appends of a group in another order than they have positions. */
class Reordering extends MemoryBackend {
  protected override apply(plan: Plan): void {
    super.apply({ ...plan, appends: plan.appends.toReversed() });
  }
}

/** Writes the events of a plan, and says that their rows are written, too. */
class Rowless extends MemoryBackend {
  protected override apply(plan: Plan): void {
    super.apply({ ...plan, models: plan.models.map((model) => ({ ...model, rows: [] })) });
  }
}

/** Tells the head as it was one look before. */
class Late extends MemoryBackend {
  #head: Position = START;

  override async lookUp(question: Question): Promise<Found> {
    const found = await super.lookUp(question);
    const head = this.#head;
    this.#head = found.head;
    return { ...found, head };
  }
}

/** Keeps no receipts. */
class Careless extends MemoryBackend {
  protected override apply(plan: Plan): void {
    const appends = plan.appends.map((placed) => {
      const { receipt: _, ...append } = placed.append;
      return { ...placed, append };
    });
    super.apply({ ...plan, appends });
  }
}

/** Each lie, and the test that has to notice it. */
const liars = [
  { does: 'loses a write', Liar: Forgetful, noticedBy: 'gives all events of all streams, in pages of every size' },
  {
    does: 'writes events twice',
    Liar: Stuttering,
    noticedBy: 'returns what every later read gives, through every handle',
  },
  {
    does: 'writes a group in another order',
    Liar: Reordering,
    noticedBy: 'is the order that a continuing reader sees, while many write',
  },
  { does: 'writes no rows', Liar: Rowless, noticedBy: 'changes rows, indexes and checkpoint before it returns' },
  { does: 'tells a head that is not the head any more', Liar: Late, noticedBy: 'has the last event at the head' },
  {
    does: 'keeps no receipts',
    Liar: Careless,
    noticedBy: 'is stored with the events of its append, and found through every handle',
  },
];

describe('the contracts of stores notice a backend that', () => {
  for (const { does, Liar, noticedBy } of liars) {
    it(does, async () => demandNoticed(await runContract(noticedBy, () => register(() => new Liar('a liar')))));

    it(`${does}, and let an honest one pass`, async () => {
      const run = await runContract(noticedBy, () => register(() => new MemoryBackend('an honest backend')));
      expect([...run.failed.values()]).to.deep.equal([]);
      expect(run.passed).to.have.length(1);
    });
  }
});

function register(backend: () => MemoryBackend): void {
  const open = (clock: Clock): Store =>
    storeOn(backend(), { most: { appends: 100, size: Infinity }, gather: yieldToLoop, clock });
  const waitLimitMs = 500;
  eventStoreContract(
    {
      name: 'a backend',
      waitLimitMs,
      open: async ({ clock }) => {
        const store = open(clock);
        return { eventStore: store.eventStore, another: async () => store.eventStore, dispose: () => store.close() };
      },
    },
    { describe, it },
  );
  storeContract(
    {
      name: 'a backend',
      readModelUpdates: 'inline',
      waitLimitMs,
      open: async ({ clock }) => {
        const store = open(clock);
        return { store, reopen: async () => store, another: async () => store, dispose: () => store.close() };
      },
    },
    { describe, it },
  );
}
