import type { Projection, Store } from '@login-policy/event-sourcing';
import type { EventShape, ReadModel } from '@login-policy/event-sourcing/store';

type Shadow<Row> = Awaited<ReturnType<ReadModel<Row>['beginRebuild']>>;
type Change<Row> = Parameters<ReadModel<Row>['commit']>[0];
type CaughtUp = Awaited<ReturnType<NonNullable<ReadModel<unknown>['catchUp']>>>;

/** What a test does in the middle of a rebuild. */
export interface Gates {
  readonly begun?: () => Promise<void>;
  /** Before a slice is written, the first of which is 1. */
  readonly slice?: (number: number) => Promise<void>;
  readonly promotion?: () => Promise<void>;
  /** Before a step of the live rows. */
  readonly step?: () => Promise<void>;
}

/** The store, with a test that meets its rebuilds. */
export function gated(store: Store, gates: Gates): Store {
  const open = async <Event extends EventShape, Row>(definition: Projection<Event, Row>): Promise<ReadModel<Row>> => {
    const model = await store.readModels.open(definition);
    const beginRebuild = async (): Promise<Shadow<Row>> => {
      const copy = await model.beginRebuild();
      await gates.begun?.();
      return gatedCopy(copy, gates);
    };
    const commit = async (change: Change<Row>): Promise<void> => {
      await gates.step?.();
      await model.commit(change);
    };
    const catchUp = async (atMost: number): Promise<CaughtUp> => {
      await gates.step?.();
      return model.catchUp?.(atMost) ?? fail();
    };
    return withOthers(model, { beginRebuild, commit, catchUp });
  };
  return { ...store, readModels: { open, close: () => store.readModels.close() } };
}

function gatedCopy<Row>(copy: Shadow<Row>, gates: Gates): Shadow<Row> {
  let slices = 0;
  return withOthers(copy, {
    async commit(change: Change<Row>) {
      await gates.slice?.((slices += 1));
      await copy.commit(change);
    },
    async promote(change: Change<Row>) {
      await gates.promotion?.();
      await copy.promote(change);
    },
    async promoteAtHead(step) {
      await gates.promotion?.();
      return copy.promoteAtHead?.(step) ?? fail();
    },
  });
}

function fail(): never {
  throw new TypeError('the rows are not beside their events');
}

/** The same with other methods: those that are left are its own. */
function withOthers<Whole extends object>(whole: Whole, others: Partial<Whole>): Whole {
  return new Proxy(whole, {
    get(target, name) {
      const value: unknown = Reflect.get(name in others ? others : target, name);
      return typeof value === 'function'
        ? (...given: readonly unknown[]) => Reflect.apply(value, name in others ? others : target, given)
        : value;
    },
  });
}
