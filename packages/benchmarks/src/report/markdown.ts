import type { Measured } from '../harness/interleave.js';
import { medianOf, type MeasuredRow } from '../harness/measure-row.js';
import { median } from '../harness/statistics.js';
import { sayFigure, sayRatio } from './figures.js';

/** When, on what and by which command the figures came about. */
export interface Circumstances {
  readonly command: string;
  readonly date: string;
  readonly node: string;
  readonly machine: string;
  readonly repetitions: number;
}

/** All measured rows as Markdown: one line a row, then every contender of each. */
export function asMarkdown(rows: readonly MeasuredRow[], circumstances: Circumstances): string {
  const { command, date, node, machine, repetitions } = circumstances;
  return [
    `Measured on ${date} with \`${command}\`: ${node}, ${machine}; medians of ${repetitions} interleaved repetitions.`,
    'A ratio is a contender’s figure divided by raw’s.',
    '',
    ...table(['work', 'unit', 'raw', 'ours', 'ours ÷ raw', 'target', 'met?', 'peers ÷ raw'], rows.map(summaryOf)),
    ...rows.flatMap(detailsOf),
  ].join('\n');
}

function table(head: readonly string[], body: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line), ''];
}

function summaryOf({ row, measured, verdicts }: MeasuredRow): readonly string[] {
  const [raw, ours] = [medianOf(measured, 'raw'), medianOf(measured, 'ours')];
  const peers = measured.filter(({ name }) => !name.startsWith('raw') && !name.startsWith('ours'));
  return [
    `${row.work} (\`${row.name}\`)`,
    row.unit,
    sayFigure(raw),
    sayFigure(ours),
    sayRatio(ours / raw),
    verdicts.map(({ wanted }) => wanted).join('; '),
    verdicts.map(({ isMet, found }) => `${isMet ? 'yes' : '**no**'}: ${found}`).join('; '),
    peers.map((peer) => peerOf(peer, raw)).join('; '),
  ];
}

function peerOf({ name, figures, failures }: Measured, raw: number): string {
  if (figures.length === 0) return `${name} fails`;
  return `${name} ${sayRatio(median(figures) / raw)}${failures.length > 0 ? ' (fails at times)' : ''}`;
}

function detailsOf({ row, measured }: MeasuredRow): readonly string[] {
  const raw = medianOf(measured, 'raw');
  const body = measured.map((one) => [one.name, one.how, ...figuresOf(one, raw)]);
  return [`### ${row.name}`, '', `${row.work}, in ${row.unit}.`, ''].concat(
    table(['', 'how', 'median', 'min – max', '÷ raw'], body),
  );
}

function figuresOf({ figures, failures }: Measured, raw: number): readonly string[] {
  if (figures.length === 0) return ['–', `fails: ${failures[0]}`, '–'];
  const range = `${sayFigure(Math.min(...figures))} – ${sayFigure(Math.max(...figures))}`;
  const middle = median(figures);
  return [
    sayFigure(middle),
    failures.length > 0 ? `${range}; failed ${failures.length}×` : range,
    sayRatio(middle / raw),
  ];
}
