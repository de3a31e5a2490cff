import { fileURLToPath } from 'node:url';
import { runNode } from '../harness/fresh-process.js';
import type { Figure, Row } from '../harness/row.js';
import { writeRecords } from '../workload/sign-in-records.js';

const CHILDREN = fileURLToPath(new URL('../children.js', import.meta.url));
const WORK = 'recorded sign-ins of a day and 1,000 organizations, 1,000,000 in a file, looked back at with a change';

/** How fast a backtest is, and the memory (RSS) it takes above that of its process with the modules: each in a fresh one. */
export const backtests: readonly Row[] = [
  backtestRow({ name: 'backtest-domain', unit: 'sign-ins/s', target: { bound: 'at least', times: 0.5 } }, rateOf),
  backtestRow({ name: 'backtest-rss-domain', unit: 'MB', target: { bound: 'at most', figure: 100 } }, memoryOf),
];

type Measured = (printed: { readonly kibibytes: number; readonly ms: number }, count: number) => Figure;

function backtestRow(row: Pick<Row, 'name' | 'target' | 'unit'>, figureOf: Measured): Row {
  return {
    ...row,
    work: WORK,
    warmUps: 0,
    async contenders({ isQuick, scratch }) {
      const [path, count] = [scratch.fresh('sign-ins.ndjson'), isQuick ? 2000 : 1_000_000];
      await writeRecords(path, count);
      const measure = (who: string) => (): Promise<Figure> => {
        const [kibibytes = 0, ms = 0] = runNode([CHILDREN, `backtest ${who}`, path])
          .split(' ')
          .map(Number);
        return Promise.resolve(figureOf({ kibibytes, ms }, count));
      };
      return [
        { name: 'ours', method: 'backtest: each line checked, judged twice, counted', measure: measure('ours') },
        { name: 'raw', method: 'a bare loop: JSON.parse, and evaluateSignIn twice', measure: measure('raw') },
      ];
    },
  };
}

function rateOf({ ms }: Parameters<Measured>[0], count: number): Figure {
  return { byClock: (count * 1000) / ms };
}

function memoryOf({ kibibytes }: Parameters<Measured>[0]): Figure {
  return { byClock: (kibibytes * 1024) / 1e6 };
}
