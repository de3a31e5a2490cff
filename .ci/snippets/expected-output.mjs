/**
 * Whether a program wrote what its page says, line by line; trailing blanks don't count.
 *
 * `…` stands for any text within its line; a line that is nothing but `…` stands for any number of lines.
 */
export function isAsExpected(written, expected) {
  return patternOf(lines(expected)).test(`${lines(written).join('\n')}\n`);
}

function lines(text) {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}

function patternOf(expected) {
  const parts = expected.map((line) => (line.trim() === '…' ? '(?:[^\\n]*\\n)*?' : `${oneLine(line)}\\n`));
  return new RegExp(`^${parts.join('')}$`);
}

function oneLine(line) {
  return line.split('…').map(escaped).join('[^\\n]*');
}

function escaped(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
