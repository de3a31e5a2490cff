import type { ReadModel, ReadModelStore } from '@login-policy/event-sourcing/store';

/** The keys that each call named, in the order of the calls. */
export interface AskedOfRows {
  readonly reads: (readonly string[])[];
  readonly commits: (readonly string[])[];
  readonly readsOfCopies: (readonly string[])[];
  readonly slices: (readonly string[])[];
  readonly switches: (readonly string[])[];
}

/** Read models that note what is asked of them, and may do something before a copy takes the place of the live rows. */
export function watchedReadModels(
  readModels: ReadModelStore,
  beforeSwitch: () => Promise<void> = async () => undefined,
): { readonly readModels: ReadModelStore; readonly asked: AskedOfRows } {
  const asked: AskedOfRows = { reads: [], commits: [], readsOfCopies: [], slices: [], switches: [] };
  const open: ReadModelStore['open'] = async (projection) => {
    const model = await readModels.open(projection);
    const beginRebuild: typeof model.beginRebuild = async () => {
      const copy = await model.beginRebuild();
      return {
        ...noting(copy, { reads: asked.readsOfCopies, commits: asked.slices }),
        async promote(change) {
          await beforeSwitch();
          asked.switches.push([...change.rows.keys()]);
          return copy.promote(change);
        },
        async promoteAtHead(step) {
          await beforeSwitch();
          return copy.promoteAtHead?.(step) ?? fail('the rows are not beside their events');
        },
      };
    };
    return { ...noting(model, asked), beginRebuild };
  };
  return { readModels: { open, close: () => readModels.close() }, asked };
}

function noting<Row>(
  model: ReadModel<Row>,
  { reads, commits }: Pick<AskedOfRows, 'reads' | 'commits'>,
): ReadModel<Row> {
  return {
    ...methodsOf(model),
    read(keys) {
      reads.push(keys);
      return model.read(keys);
    },
    commit(change) {
      commits.push([...change.rows.keys()]);
      return model.commit(change);
    },
  };
}

/** A read model's methods as functions of their own, so that some can be replaced. */
export function methodsOf<Row>(model: ReadModel<Row>): ReadModel<Row> {
  return {
    read: (keys) => model.read(keys),
    query: (query) => model.query(query),
    keys: (query) => model.keys(query),
    count: (query) => model.count(query),
    checkpoint: () => model.checkpoint(),
    commit: (change) => model.commit(change),
    catchUp: (atMost) => model.catchUp?.(atMost) ?? fail('the rows are not beside their events'),
    changed: (signal) => model.changed(signal),
    beginRebuild: () => model.beginRebuild(),
  };
}

function fail(problem: string): never {
  throw new TypeError(problem);
}
