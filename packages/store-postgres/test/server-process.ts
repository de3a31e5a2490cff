import { createInterface } from 'node:readline';
import { EmbeddedServer } from './embedded-server.js';

// A PostgreSQL for another program: says where it listens, is killed or restarted by a line of that name, which is said
// again when it is done, and is gone with this process, which ends with its input.
const server = await EmbeddedServer.start('durable');
process.stdout.write(`${server.url}\n`);
for await (const order of createInterface(process.stdin)) {
  if (order === 'kill') await server.kill();
  if (order === 'restart') await server.restart();
  process.stdout.write(`${order}\n`);
}
process.exit();
