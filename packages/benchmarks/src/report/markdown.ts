import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Measured } from '../harness/interleave.js';
import type { MeasuredRow } from '../harness/measure-row.js';
import { judge, medianOf, ratioOf, type Verdict } from '../harness/verdict.js';
import { packageFolder } from '../harness/scratch.js';
import { rangeOf, sayFigure, sayRatio } from './figures.js';

const DOCUMENTS = join(packageFolder, '..', '..', 'docs', 'explanation');

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

/** A table's lines, and an empty one after them. */
export function table(head: readonly string[], body: readonly (readonly string[])[]): readonly string[] {
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
    metOrNot(verdict),
    verdict === undefined ? '' : peers.map((peer) => peerOf(peer, one)).join('; '),
  ];
}

function metOrNot(verdict: Verdict | undefined): string {
  if (verdict === undefined) return '';
  return verdict.isMet ? 'yes' : '**no**';
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

/** Puts a group's tables into the documentation, and answers with the document's path. */
export async function writeDocument(group: string, tables: string): Promise<string> {
  return writeBetween('measurements.md', `measured ${group}`, tables);
}

/**
 * Puts text between two markers of a document, and answers with the document's path.
 *
 * @throws Error when the markers are not there: then somebody should look.
 */
export async function writeBetween(document: string, name: string, text: string): Promise<string> {
  const path = join(DOCUMENTS, document);
  const before = await readFile(path, 'utf8');
  const [begin, end] = [before.indexOf(`<!-- ${name}: begin`), before.indexOf(`<!-- ${name}: end -->`)];
  if (begin === -1 || end < begin) throw new Error(`${path} has lost the markers of ${name}`);
  const from = before.indexOf('-->', begin) + '-->'.length;
  await writeFile(path, `${before.slice(0, from)}\n\n${text}\n${before.slice(end)}`);
  return path;
}
