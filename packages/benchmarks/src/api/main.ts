import { readCommandLine, type Wish } from '../harness/command-line.js';
import { interleave } from '../harness/interleave.js';
import { medianOf, type MeasuredRow } from '../harness/measure-row.js';
import { rowAsText } from '../report/text.js';
import { contenderOf } from './contender.js';
import { apiRows, type ApiRow } from './rows.js';
import { Worker } from './worker.js';

const wish = readCommandLine(process.argv.slice(2));
const wanted = apiRows.filter(({ name }) => wish.names.length === 0 || wish.names.some((part) => name.includes(part)));
const load = new Worker('load');
for (const row of wanted) {
  const done = await measured(row, wish);
  console.log(rowAsText(done));
}
load.end();

async function measured(row: ApiRow, { isQuick, repetitions }: Wish): Promise<MeasuredRow> {
  const contenders = row.servers.map((server) => contenderOf(server, { load, count: isQuick ? 50 : 500 }));
  try {
    const figures = await interleave(contenders, { repetitions, warmUps: isQuick ? 1 : row.warmUps });
    const verdicts = row.judge((name) => medianOf(figures, name));
    return { row: { ...row, contenders: async () => contenders }, measured: figures, verdicts };
  } finally {
    for (const contender of contenders) contender.end();
  }
}
