import { median } from '../harness/meter.js';
import type { Contender, Figure, Row } from '../harness/row.js';
import { openScratch } from '../harness/scratch.js';
import { formatFigure } from '../report/figures.js';
import { table } from '../report/markdown.js';
import { whereSpent, type Share } from './spent.js';

const ROUNDS = { warmUps: 3, profiled: 5 } as const;
/** Smaller shares are not listed. */
const LEAST = 0.01;
const FUNCTIONS = 12;

/** A profile of our side of a row as Markdown: by part, and by function. */
export async function profileOf(row: Row): Promise<string> {
  const scratch = await openScratch();
  try {
    const peers = { emmettSqlite: undefined, whyNot: 'not asked for' };
    const [ours] = await row.contenders({ isQuick: false, scratch, peers });
    if (ours === undefined) throw new Error(`${row.name} has no contender`);
    await timesOver(ROUNDS.warmUps, ours);
    const figures: Figure[] = [];
    const spent = await whereSpent(async () => figures.push(...(await timesOver(ROUNDS.profiled, ours))));
    const figure = median(figures.map(({ byClock }) => byClock));
    const each = microsecondsOf(row, figure);
    return [
      `${row.work}: ${formatFigure(figure)} ${row.unit} while it was profiled.`,
      '',
      ...table(['part', 'share', 'µs'], spent.parts.filter(isWorthALine).map(cellsWith(each))),
      ...table(
        ['function', 'share', 'µs'],
        spent.functions.filter(isWorthALine).slice(0, FUNCTIONS).map(cellsWith(each)),
      ),
    ].join('\n');
  } finally {
    await scratch.remove();
  }
}

async function timesOver(rounds: number, contender: Contender): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (let round = 0; round < rounds; round++) figures.push(await contender.measure());
  return figures;
}

/** The time of one item of a row: a command, an event, a look. */
function microsecondsOf({ unit }: Row, figure: number): number {
  return unit.endsWith('/s') ? 1e6 / figure : figure * 1000;
}

function isWorthALine({ share }: Share): boolean {
  return share >= LEAST;
}

function cellsWith(each: number): (one: Share) => readonly string[] {
  return ({ name, share }) => [name, `${(share * 100).toFixed(1)} %`, formatFigure(share * each)];
}
