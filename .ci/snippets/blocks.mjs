/**
 * The fenced blocks of a page that the documentation promises something about, in order.
 *
 * ```ts           is type-checked, as a module of its own
 * ```ts run       is type-checked and run in an empty folder; it must end with exit code 0
 * ```sh run       is run by bash, in one folder for all of its page, with `login-policy` on the path; exit code 0
 * ```text output  right after a `run` block: what it must have written, with … for what differs from run to run
 * ```ts fragment  is neither: for what can't stand alone, and so rarely right; fragments are counted
 */
export function blocksOf(page, text) {
  const blocks = fencesIn(text).map((fence) => ({ ...fence, page, kind: kindOf(fence.info) }));
  return blocks.map((block, index) => ({
    ...block,
    output: isRun(block) && blocks[index + 1]?.kind === 'output' ? blocks[index + 1] : undefined,
    orphan: block.kind === 'output' && !isRun(blocks[index - 1]),
  }));
}

function isRun(block) {
  return block?.kind === 'run' || block?.kind === 'shell';
}

const kinds = new Map([
  ['sh run', 'shell'],
  ['ts', 'check'],
  ['ts run', 'run'],
  ['ts fragment', 'fragment'],
  ['text output', 'output'],
]);

function kindOf(info) {
  if (kinds.has(info)) return kinds.get(info);
  return /^(ts|typescript)\b/.test(info) ? 'unknown' : 'other';
}

/** A fence ends with at least as many of the same character as it began with. The indentation of a list is removed. */
function fencesIn(text) {
  const fences = [];
  let open;
  for (const [index, line] of text.split('\n').entries()) {
    const [, indent, ticks, info] = /^(\s*)(`{3,}|~{3,})\s*(.*)$/.exec(line) ?? [];
    if (open === undefined && ticks !== undefined) {
      open = { indent: indent.length, ticks, info: info.trim(), line: index + 2, lines: [] };
    } else if (open !== undefined && info === '' && ticks.startsWith(open.ticks)) {
      fences.push({ info: open.info, line: open.line, text: open.lines.join('\n') });
      open = undefined;
    } else if (open !== undefined) {
      open.lines.push(line.slice(Math.min(open.indent, line.length - line.trimStart().length)));
    }
  }
  return fences;
}

/**
 * Whether a program wrote what its page says, line by line; trailing blanks don't count.
 *
 * `…` stands for any text within its line; a line that is nothing but `…` stands for any number of lines.
 */
export function isAsExpected(written, expected) {
  const pattern = lines(expected).map((line) =>
    line.trim() === '…' ? '(?:.*\\n)*?' : `${line.split('…').map(escaped).join('.*')}\\n`,
  );
  return new RegExp(`^${pattern.join('')}$`).test(`${lines(written).join('\n')}\n`);
}

function lines(text) {
  return text.trimEnd().split(/[ \t]*\n/);
}

function escaped(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
