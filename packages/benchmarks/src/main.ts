import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { compareWith } from './against/compare.js';
import { readCommandLine, type Request } from './harness/command-line.js';
import { measureApart, type MeasuredRow } from './harness/measure-row.js';
import { groupOf, isOurs, type Row } from './harness/row.js';
import { openPeers } from './peers/open-peers.js';
import { withServer } from './raw/postgres-server.js';
import { asMarkdown, writeDocument } from './report/markdown.js';
import { rowAsText, summaryAsText } from './report/text.js';
import { rows } from './rows/all-rows.js';

const request = readCommandLine(process.argv.slice(2));
const selected = rows.filter(
  ({ name }) => request.names.length === 0 || request.names.some((part) => name.includes(part)),
);
if (selected.length === 0) throw new RangeError(`rows there are: ${rows.map(({ name }) => name).join(', ')}`);
const groups = [...new Set(selected.map(groupOf))];
if (request.writes) refuseIncompleteTables(groups);

await openPeers(request.isQuick || request.isOursOnly || request.against !== undefined, console.log);
const needsPostgres = groups.includes('postgres');
const work = request.against === undefined ? measureAll : compareWith(request.against, selected, request);
const measured = await (needsPostgres ? withServer(work) : work());
// A quick run shows that each row works, and its figures mean nothing.
if (!request.isQuick && request.against === undefined) console.log(summaryAsText(measured));
// A missed target is a result. A row without figures of ours is a failure, unless it can't be measured here.
if (measured.some(isBroken)) process.exitCode = 1;
// A table with a row without figures is not written.
else if (request.writes) {
  for (const group of groups) {
    const tables = asMarkdown(
      measured.filter(({ row }) => groupOf(row) === group),
      circumstancesOf(request),
    );
    console.log(`Written to ${await writeDocument(group, tables)}`);
  }
}

async function measureAll(): Promise<readonly MeasuredRow[]> {
  const done: MeasuredRow[] = [];
  for (const row of selected) {
    const one = await measureApart(row, request);
    done.push(one);
    console.log(rowAsText(one));
  }
  return done;
}

function isBroken({ measured: contenders }: MeasuredRow): boolean {
  if (contenders.length > 0 && contenders.every(isLeftOut)) return false;
  return contenders.every(({ figures }) => figures.length === 0) || contenders.some(isOurFailure);
}

type Measured = MeasuredRow['measured'][number];

function isLeftOut({ figures, failures }: Measured): boolean {
  return figures.length === 0 && failures.some((failure) => failure.includes('Error: left out: '));
}

function isOurFailure(one: Measured): boolean {
  return isOurs(one) && one.figures.length === 0;
}

/** A table is written completely or not at all. */
function refuseIncompleteTables(chosen: readonly string[]): void {
  const isMissing = (row: Row): boolean => chosen.includes(groupOf(row)) && !selected.includes(row);
  const missing = rows.filter(isMissing).map(({ name }) => name);
  if (missing.length > 0) throw new RangeError(`--write takes whole tables; also name ${missing.join(', ')}`);
}

function circumstancesOf({ repetitions }: Request): string {
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ');
  const machine = `${availableParallelism()} shared cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${process.platform}`;
  const date = new Date().toISOString().slice(0, 10);
  return `\`${command}\` on ${date}: commit ${commit()}, Node ${process.versions.node}, ${machine}; medians of ${repetitions} repetitions.`;
}

/** The measured commit; `unknown` outside of a clone. */
function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short=8', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown';
  }
}
