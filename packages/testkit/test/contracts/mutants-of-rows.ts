import { setImmediate as yieldToLoop, setTimeout as pause } from 'node:timers/promises';
import { MOST_COUNTED } from '@login-policy/event-sourcing';
import type { ReadModel, RowsAt } from '@login-policy/event-sourcing/store';
import { methodsOf, type ReadModelMutation, type Mutant } from './mutant.js';

/** Read models that do one thing wrong. */
export const mutantsOfRows: readonly Mutant<ReadModelMutation>[] = [
  {
    does: 'takes a step from whatever checkpoint',
    noticedBy: 'that is not the expected one makes the step fail, with the actual checkpoint',
    mutation: (model) => ({
      commit: async (change) => model.commit({ ...change, expected: await model.checkpoint() }),
    }),
  },
  {
    does: 'looks at the checkpoint and writes later',
    noticedBy: 'that commit the same step at once: one succeeds',
    mutation: (model) => ({
      async commit(change) {
        const actual = await model.checkpoint();
        if (actual !== change.expected) return model.commit(change);
        await yieldToLoop();
        return model.commit({ ...change, expected: await model.checkpoint() });
      },
    }),
  },
  {
    does: 'writes the rows first and the checkpoint later',
    noticedBy: 'show a reader the rows and checkpoint of one step, never of two',
    mutation: (model) => ({
      async commit({ expected, checkpoint, rows }) {
        await model.commit({ expected, checkpoint: expected ?? checkpoint, rows });
        await yieldToLoop();
        if (expected !== undefined) await model.commit({ expected, checkpoint, rows: new Map() });
      },
    }),
  },
  {
    does: 'reads the rows first and the checkpoint later',
    noticedBy: 'show a reader the rows and checkpoint of one step, never of two',
    mutation: (model) => ({
      async read(keys) {
        const { rows } = await model.read(keys);
        await yieldToLoop();
        return { rows, checkpoint: await model.checkpoint() };
      },
    }),
  },
  {
    does: 'reads rows and checkpoint of two moments',
    noticedBy: 'that reduce the same log reduce each event once, and neither stops',
    mutation: (model) => ({
      async read(keys) {
        const checkpoint = await model.checkpoint();
        await yieldToLoop();
        return { rows: (await model.read(keys)).rows, checkpoint };
      },
    }),
  },
  {
    does: 'counts what a page holds',
    noticedBy: 'counts more rows than a page holds, at their checkpoint',
    mutation: (model) => ({
      async count(query) {
        if (query === 'all') return model.count(query);
        const { rows, ...at } = await model.keys(query);
        return { ...at, rows: rows.length };
      },
    }),
  },
  {
    does: 'counts all rows as far as those under a value',
    noticedBy: 'counts all rows, however many',
    mutation: (model) => ({
      async count(query) {
        const { rows, ...at } = await model.count(query);
        return { ...at, rows: Math.min(rows, MOST_COUNTED + 1) };
      },
    }),
  },
  {
    does: 'hands out its own rows, to be changed',
    noticedBy: 'do not change when a reader changes a row it was given',
    mutation(model) {
      const own = new Map<string, Awaited<ReturnType<typeof model.read>>['rows']>();
      return {
        async read(keys) {
          const { rows, ...at } = await model.read(keys);
          const shared = own.get(keys.join()) ?? structuredClone(rows);
          own.set(keys.join(), shared);
          return { ...at, rows: shared };
        },
      };
    },
  },
  {
    does: 'writes the rows of a step that it refuses',
    noticedBy: 'of a refused step does not change, and neither do rows and indexes',
    mutation: (model) => ({
      async commit(change) {
        const actual = await model.checkpoint();
        if (actual !== undefined) await model.commit({ ...change, expected: actual, checkpoint: actual });
        return model.commit(change);
      },
    }),
  },
  {
    does: 'orders keys by their UTF-16 units',
    noticedBy: 'answers in the order of the UTF-8 bytes of the keys',
    mutation: (model) => ({
      query: async (query) => rowsChanged(await model.query(query), (rows) => rows.toSorted(byUnits)),
    }),
  },
  {
    does: 'gives one row more than the limit',
    noticedBy: 'continues after a key, in pages of any size',
    mutation: (model) => ({ query: (query) => model.query({ ...query, limit: (query.limit ?? 100) + 1 }) }),
  },
  {
    does: 'begins anew when it is asked for keys alone',
    noticedBy: 'continues after a key, in pages of any size',
    mutation: (model) => ({ keys: ({ afterKey: _, ...query }) => model.keys(query) }),
  },
  {
    does: 'finds values whatever their case',
    noticedBy: 'distinguishes similar values',
    mutation: (model) => ({
      async query(query) {
        const values = new Set([query.value, query.value.toLowerCase()]);
        const found = await Promise.all([...values].map((value) => model.query({ ...query, value })));
        return rowsChanged(await model.query(query), () => found.flatMap(({ rows }) => rows));
      },
    }),
  },
  {
    does: 'finds rows by the beginning of a value that no row has',
    noticedBy: 'distinguishes similar values',
    mutation: (model) => ({
      async query(query) {
        const found = await model.query(query);
        return found.rows.length > 0 ? found : model.query({ ...query, value: query.value.slice(0, -1) });
      },
    }),
  },
  {
    does: 'finds a row by the first value of an index alone',
    noticedBy: 'finds a row once under each of its values, and under no former value',
    mutation: (model) => ({
      query: async (query) =>
        rowsChanged(await model.query(query), (rows) =>
          rows.filter(({ row }) => groupsOf(row)[0] === query.value || groupsOf(row).length === 0),
        ),
    }),
  },
  {
    does: 'finds a row as often as it says a value',
    noticedBy: 'finds a row once under each of its values, and under no former value',
    mutation: (model) => ({
      query: async (query) =>
        rowsChanged(await model.query(query), (rows) =>
          rows.flatMap((found) => {
            const said = groupsOf(found.row).filter((group) => group === query.value);
            return said.length > 1 ? said.map(() => found) : [found];
          }),
        ),
    }),
  },
  {
    does: 'keeps rows that were taken away',
    noticedBy: 'are removed and written again',
    mutation: (model) => ({
      commit: ({ rows, ...change }) =>
        model.commit({ ...change, rows: new Map([...rows].filter(([, row]) => row !== undefined)) }),
    }),
  },
  {
    does: 'shows a rebuild before its end',
    noticedBy: 'is invisible until it replaces the live rows',
    mutation: (model) => ({
      async beginRebuild() {
        const copy = await model.beginRebuild();
        return rebuilding(copy, {
          async commit(change) {
            await copy.commit(change);
            await model.commit({ ...change, expected: await model.checkpoint() });
          },
        });
      },
    }),
  },
  {
    does: 'switches over to a copy that is behind',
    noticedBy: 'is not promoted while the live rows are ahead, and can catch up',
    mutation: (model) => ({
      async beginRebuild() {
        const copy = await model.beginRebuild();
        return rebuilding(copy, {
          promote: async (change) =>
            copy.promote({ ...change, checkpoint: (await model.checkpoint()) ?? change.checkpoint }),
        });
      },
    }),
  },
  {
    does: 'wakes nobody',
    noticedBy: 'ends after a commit through another handle',
    isNoticedByWaiting: true,
    mutation: () => ({
      changed: (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve());
        }),
    }),
  },
  {
    does: 'looks again after a while only',
    noticedBy: 'ends at once after a commit in this process',
    isNoticedByWaiting: true,
    mutation: () => ({ changed: (signal) => pause(200, undefined, { signal }).catch(() => undefined) }),
  },
  {
    does: 'does not hear the signal',
    noticedBy: 'ends when the signal fires, or has fired before',
    isNoticedByWaiting: true,
    mutation: (model) => ({ changed: () => model.changed(new AbortController().signal) }),
  },
  {
    does: 'answers a caller who has given up',
    noticedBy: 'rejects with DeadlineExceeded, and has changed nothing',
    mutation: (model) => ({ query: (query) => model.query(query) }),
  },
];

function rowsChanged<Found>(found: RowsAt<Found>, change: (rows: Found) => Found): RowsAt<Found> {
  return { ...found, rows: change(found.rows) };
}

/** The values by which the contract's row is in a group, where they are several. */
function groupsOf(row: unknown): readonly unknown[] {
  const group: unknown = typeof row === 'object' && row !== null && 'group' in row ? row.group : undefined;
  return Array.isArray(group) ? group : [];
}

interface Keyed {
  readonly key: string;
}

function byUnits(left: Keyed, right: Keyed): number {
  return left.key < right.key ? -1 : 1;
}

type Shadow<Row> = Awaited<ReturnType<ReadModel<Row>['beginRebuild']>>;

function rebuilding<Row>(copy: Shadow<Row>, instead: Partial<Shadow<Row>>): Shadow<Row> {
  const promoteAtHead = copy.promoteAtHead?.bind(copy);
  const atHead = promoteAtHead === undefined ? {} : { promoteAtHead };
  return { ...methodsOf(copy), ...atHead, promote: (change) => copy.promote(change), ...instead };
}
