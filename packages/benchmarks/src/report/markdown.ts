import type { Measured } from '../harness/interleave.js';
import type { MeasuredRow } from '../harness/measure-row.js';
import { judge, medianOf, ratioOf } from '../harness/verdict.js';
import { rangeOf, sayFigure, sayRatio } from './figures.js';

/** The measured rows of a group as Markdown: what is missed, one line a row, then every contender of each. */
export function asMarkdown(rows: readonly MeasuredRow[], circumstances: string): string {
  const head = ['row', 'unit', 'ours', 'raw', 'ours ÷ raw', 'by processor', 'target', 'met?', 'peers ÷ raw'];
  const summary = table(head, rows.map(summaryOf));
  return [circumstances, '', missedIn(rows), '', ...summary, ...rows.flatMap(detailsOf)].join('\n');
}

function missedIn(rows: readonly MeasuredRow[]): string {
  const missed = rows.flatMap((one) => {
    const verdict = judge(one);
    return verdict === undefined || verdict.isMet
      ? []
      : [`\`${one.row.name}\` (${verdict.found}, wanted ${verdict.wanted})`];
  });
  return missed.length === 0 ? 'No target is missed.' : `**Missed:** ${missed.join(', ')}.`;
}

function table(head: readonly string[], body: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line), ''];
}

function summaryOf(one: MeasuredRow): readonly string[] {
  const { row, measured } = one;
  const verdict = judge(one);
  const peers = measured.filter(({ name }) => !name.startsWith('raw') && !name.startsWith('ours'));
  return [
    `\`${row.name}\``,
    row.unit,
    sayFigure(medianOf(one, 'ours')),
    sayFigure(medianOf(one, 'raw')),
    sayRatio(ratioOf(one, 'ours')),
    sayRatio(ratioOf(one, 'ours', 'byProcessor')),
    verdict?.wanted ?? '',
    verdict === undefined ? '' : verdict.isMet ? 'yes' : '**no**',
    verdict === undefined ? '' : peers.map((peer) => peerOf(peer, one)).join('; '),
  ];
}

function peerOf({ name, figures, failures }: Measured, row: MeasuredRow): string {
  if (figures.length === 0) return `${name} fails`;
  return `${name} ${sayRatio(ratioOf(row, name))}${failures.length > 0 ? ' (fails at times)' : ''}`;
}

function detailsOf(one: MeasuredRow): readonly string[] {
  const { row, measured } = one;
  const body = measured.map((contender) => [contender.name, contender.how, ...figuresOf(contender, one)]);
  const head = ['', 'how', 'by the clock', 'min – max', '÷ raw', 'by processor', '÷ raw'];
  return [`### ${row.name}`, '', `${row.work}, in ${row.unit}.`, '', ...table(head, body)];
}

function figuresOf({ name, figures, failures }: Measured, row: MeasuredRow): readonly string[] {
  if (figures.length === 0) return ['–', `fails: ${failures[0] ?? ''}`, '–', '–', '–'];
  return [
    sayFigure(medianOf(row, name)),
    `${rangeOf(figures)}${failures.length > 0 ? `; failed ${failures.length}×` : ''}`,
    sayRatio(ratioOf(row, name)),
    sayFigure(medianOf(row, name, 'byProcessor')),
    sayRatio(ratioOf(row, name, 'byProcessor')),
  ];
}
