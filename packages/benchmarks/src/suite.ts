import { availableParallelism, cpus } from 'node:os';
import { readCommandLine, type Wish } from './harness/command-line.js';
import { measureApart } from './harness/measure-apart.js';
import type { MeasuredRow } from './harness/measure-row.js';
import type { Row } from './harness/row.js';
import { writeDocument, type Markers } from './report/document.js';
import { asMarkdown, type Circumstances } from './report/markdown.js';
import { summaryAsText } from './report/summary.js';
import { rowAsText } from './report/text.js';

/** Rows that are measured by one command. */
export interface Suite {
  /** As it is typed. */
  readonly command: string;
  readonly rows: readonly Row[];
  /** The program that measures one of them. */
  readonly child: URL;
  readonly markers: Markers;
}

/** Measures the rows that were asked for, says what came out, and writes it down if that was asked for too. */
export async function runSuite({ command, rows, child, markers }: Suite, given: readonly string[]): Promise<void> {
  const wish = readCommandLine(given);
  const wanted = rows.filter(({ name }) => wish.names.length === 0 || wish.names.some((part) => name.includes(part)));
  if (wanted.length === 0) throw new RangeError(`rows there are: ${rows.map(({ name }) => name).join(', ')}`);
  const measured: MeasuredRow[] = [];
  for (const row of wanted) {
    const done = await measureApart(row, wish, child);
    measured.push(done);
    console.log(rowAsText(done));
  }
  console.log(summaryAsText(measured));
  if (!wish.writes) return;
  const circumstances = circumstancesOf([`${command} --`, ...given].join(' '), wish);
  console.log(`\nWritten to ${await writeDocument(asMarkdown(measured, circumstances), markers)}`);
}

function circumstancesOf(command: string, { repetitions }: Wish): Circumstances {
  return {
    command,
    date: new Date().toISOString().slice(0, 10),
    node: `Node ${process.versions.node}`,
    machine: `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${process.platform}`,
    repetitions,
  };
}
