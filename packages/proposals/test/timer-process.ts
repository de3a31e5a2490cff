/** A process with a timer: carries out what is due in the store at the address it is given, until it is killed. */
import { openAt } from './opened.js';

const [, , url = '', part, rows] = process.argv;
const { proposals } = await openAt({ url, ...(part && { part }), ...(rows && { rows }) });
proposals.keepCarryingOut({
  everyMs: 100,
  onReport: ({ failures }) => {
    for (const { id, error } of failures) process.stderr.write(`${id}: ${String(error)}\n`);
  },
  onFailure: (error) => process.stderr.write(`${String(error)}\n`),
});
process.stdout.write('running\n');
