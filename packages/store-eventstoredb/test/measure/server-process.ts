import { Double } from '../double/double.js';

// A double in a process of its own, so that it and the client that is measured don't share an event loop.
const double = await Double.start();
process.stdout.write(`${double.url}\n`);
