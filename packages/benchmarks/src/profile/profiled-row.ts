import { median } from '../harness/meter.js';
import type { Contender, Figure, Row } from '../harness/row.js';
import { openScratch } from '../harness/scratch.js';
import { formatFigure } from '../report/figures.js';
import { table } from '../report/markdown.js';
import { profile, type Share } from './profile.js';

const ROUNDS = { warmUps: 3, profiled: 5 } as const;
/** Smaller shares are not listed. */
const LEAST_SHARE = 0.01;
const MOST_FUNCTIONS = 12;

/** A profile of our side of a row as Markdown: by part, and by function. */
export async function profileOf(row: Row): Promise<string> {
  const scratch = await openScratch();
  try {
    const peers = { emmettSqlite: undefined, whyNot: 'not asked for' };
    const [ours] = await row.contenders({ isQuick: false, scratch, peers });
    if (ours === undefined) throw new Error(`${row.name} has no contender`);
    await measureRounds(ROUNDS.warmUps, ours);
    const figures: Figure[] = [];
    const shares = await profile(async () => figures.push(...(await measureRounds(ROUNDS.profiled, ours))));
    const figure = median(figures.map(({ byClock }) => byClock));
    const each = microsecondsOf(row, figure);
    return [
      `${row.work}: ${formatFigure(figure)} ${row.unit} while it was profiled.`,
      '',
      ...table(['part', 'share', 'µs'], shares.parts.filter(isWorthALine).map(cellsWith(each))),
      ...table(
        ['function', 'share', 'µs'],
        shares.functions.filter(isWorthALine).slice(0, MOST_FUNCTIONS).map(cellsWith(each)),
      ),
    ].join('\n');
  } finally {
    await scratch.remove();
  }
}

async function measureRounds(rounds: number, contender: Contender): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (let round = 0; round < rounds; round++) figures.push(await contender.measure());
  return figures;
}

/** The time of one item of a row: a command, an event, a read. */
function microsecondsOf({ unit }: Row, figure: number): number {
  return unit.endsWith('/s') ? 1e6 / figure : figure * 1000;
}

function isWorthALine({ share }: Share): boolean {
  return share >= LEAST_SHARE;
}

function cellsWith(each: number): (one: Share) => readonly string[] {
  return ({ name, share }) => [name, `${(share * 100).toFixed(1)} %`, formatFigure(share * each)];
}
