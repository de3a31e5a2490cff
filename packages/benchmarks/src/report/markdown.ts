import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Measured } from '../harness/interleave.js';
import type { MeasuredRow } from '../harness/measure-row.js';
import { judge, medianOf, ratioOf, type Verdict } from '../harness/verdict.js';
import { packageFolder } from '../harness/scratch.js';
import { formatFigure, formatRatio, NO_FIGURE } from './figures.js';

const DOCUMENTS = join(packageFolder, '..', '..', 'docs', 'explanation');

/**
 * The rows of a group as Markdown: the number of missed targets; a table of the rows that are held against raw or missed
 * their target; below it the other rows, and the peers. The command itself prints every contender.
 */
export function asMarkdown(rows: readonly MeasuredRow[], circumstances: string): string {
  const shown = rows.filter((row) => !Number.isNaN(medianOf(row, 'ours')));
  const inTable = shown.filter((row) => row.row.target?.times !== undefined || judge(row)?.isMet === false);
  const others = shown.filter((row) => !inTable.includes(row)).map(otherOf);
  const peers = rows.map(peersOf).filter((text) => text !== '');
  return [
    `${circumstances} ${missedIn(rows)}`,
    '',
    ...table(
      ['row', 'ours', '÷ raw', 'by processor', 'target'],
      inTable.map((row) => summaryOf(row).map(blankIfMissing)),
    ),
    ...(others.length === 0 ? [] : [`And ${others.join('; ')}.`, '']),
    ...(peers.length === 0 ? [] : [`Peers ÷ raw: ${peers.join('; ')}.`, '']),
  ].join('\n');
}

/** A row that met a fixed target, or has none. */
function otherOf(one: MeasuredRow): string {
  const wanted = judge(one)?.wanted;
  const figure = `\`${one.row.name}\` ${formatFigure(medianOf(one, 'ours'))} ${one.row.unit}`;
  return wanted === undefined ? figure : `${figure} (${wanted}: met)`;
}

/** In a table, the cell of a missing figure is empty. */
function blankIfMissing(cell: string): string {
  return cell === NO_FIGURE ? '' : cell;
}

function missedIn(rows: readonly MeasuredRow[]): string {
  const verdicts = rows.map(judge).filter((verdict) => verdict !== undefined);
  const missed = verdicts.filter(({ isMet }) => !isMet);
  return missed.length === 0
    ? 'No target is missed.'
    : `${missed.length} of ${verdicts.length} targets are **missed**.`;
}

/** A table's lines, and an empty one after them. */
export function table(head: readonly string[], body: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line), ''];
}

function summaryOf(one: MeasuredRow): readonly string[] {
  const { row } = one;
  return [
    `\`${row.name}\``,
    `${formatFigure(medianOf(one, 'ours'))} ${row.unit}`,
    formatRatio(ratioOf(one, 'ours')),
    formatRatio(ratioOf(one, 'ours', 'byProcessor')),
    targetOf(judge(one)),
  ];
}

/** How the peers of a row did, or nothing where it has no target or no peers. */
function peersOf(one: MeasuredRow): string {
  const peers = one.measured.filter(({ name }) => !name.startsWith('raw') && !name.startsWith('ours'));
  if (judge(one) === undefined || peers.length === 0) return '';
  return `\`${one.row.name}\` ${peers.map((peer) => peerOf(peer, one)).join(', ')}`;
}

function targetOf(verdict: Verdict | undefined): string {
  if (verdict === undefined) return '';
  return `${verdict.wanted}: ${verdict.isMet ? 'met' : '**missed**'}`;
}

function peerOf({ name, figures, failures }: Measured, row: MeasuredRow): string {
  if (figures.length === 0) return `${name} fails`;
  const { target } = row.row;
  // A row without raw is compared with what its target names.
  if (target?.times !== undefined && target.of === name)
    return `ours ÷ ${name} ${formatRatio(medianOf(row, 'ours') / medianOf(row, name))}`;
  return `${name} ${formatRatio(ratioOf(row, name))}${failures.length > 0 ? ' (fails at times)' : ''}`;
}

/**
 * Writes a group's table into the documentation, and returns the document's path.
 *
 * @throws Error when the markers are missing.
 */
export async function writeDocument(group: string, tables: string): Promise<string> {
  const [path, name] = [join(DOCUMENTS, 'measurements.md'), `measured ${group}`];
  const before = await readFile(path, 'utf8');
  const [begin, end] = [before.indexOf(`<!-- ${name}: begin`), before.indexOf(`<!-- ${name}: end -->`)];
  if (begin === -1 || end < begin) throw new Error(`${path} has lost the markers of ${name}`);
  const from = before.indexOf('-->', begin) + '-->'.length;
  await writeFile(path, `${before.slice(0, from)}\n\n${tables}\n${before.slice(end)}`);
  return path;
}
