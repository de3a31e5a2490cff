import { writeSync } from 'node:fs';
import { entries } from './entries.js';
import { tables } from './tables.js';
import { Walk } from './walk.js';

/** Calls all functions of an entry, in a process of its own: whatever hangs or is left open ends with it. */
const [entry = ''] = process.argv.slice(2);
const findings: string[] = [];
process.on('unhandledRejection', (caught) => findings.push(`nobody caught ${String(caught)}`));
process.on('uncaughtException', (caught) => findings.push(`nobody caught ${String(caught)}`));
const [module, table] = [(await entries()).get(entry), tables[entry]];
if (module === undefined || table === undefined) findings.push(`${entry} is not an entry with a table`);
else {
  const walk = new Walk(table);
  await walk.through(entry, module);
  findings.push(...walk.missing.map((name) => `${name} has no good arguments in the table`));
  const called = new Set(walk.walked.map(({ name }) => name));
  for (const name of Object.keys(table.calls))
    if (!called.has(name)) findings.push(`${name} was not found, nor called`);
  for (const { attacks, name } of walk.walked)
    for (const { outcome, place, value } of attacks) {
      const { answered, complaint, said } = outcome;
      if (complaint !== undefined) findings.push(`${name}, ${place} = ${value}: ${complaint}`);
      // To be looked through by hand: HOSTILE_ANSWERS=yes node packages/testkit/.test-build/hostile/calls-process.js domain
      else if ('HOSTILE_ANSWERS' in process.env)
        writeSync(2, `${answered ? 'answered' : 'refused'} ${name}, ${place} = ${value}: ${said}\n`);
    }
}
writeSync(1, findings.map((finding) => `${finding.replaceAll('\n', ' ')}\n`).join(''));
process.exit(0);
