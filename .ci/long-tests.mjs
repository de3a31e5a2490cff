import { run, textOf, tool } from './workspace.mjs';

/**
 * A single test's function of more than 40 lines, wherever it stands.
 *
 * The linter can't tell describe() from it(), so over test folders its rule is off (.config/oxlintrc.json); here it runs over
 * them alone, and what it says of a describe(), or of one named after it, is dropped.
 */
export async function longTests() {
  const command = [tool('oxlint'), '--config', '.ci/long-tests.oxlintrc.json', '--format', 'json', '.'];
  const { stdout, output } = await run(command);
  if (!stdout.startsWith('{')) throw new Error(`oxlint did not run:\n${output}`);
  return JSON.parse(stdout)
    .diagnostics.filter(({ filename }) => /\/test\/.*\.ts$/.test(filename))
    .map((diagnostic) => ({ ...diagnostic, line: diagnostic.labels[0].span.line }))
    .filter(({ filename, line }) => !opensDescribe(textOf(filename).split('\n'), line - 1))
    .map(({ filename, line, message }) => `${filename}:${line}: ${message}`);
}

/** The formatter may put the function on the line after the title. */
function opensDescribe(lines, index) {
  return (
    /^\s*(describe\w*|context)\(/.test(lines[index]) || /^\s*(describe\w*|context)\($/.test(lines[index - 2] ?? '')
  );
}
