import { Double } from './double/double.js';

// A double in a process of its own, so that it and its user don't share an event loop. It ends with its input.
const double = await Double.start();
process.stdout.write(`${double.url}\n`);
process.stdin.resume();
process.stdin.once('end', () => process.exit());
