import { EmbeddedServer } from './embedded-server.js';

// A PostgreSQL for another program: says where it listens, and is gone with this process, which ends with its input.
const server = await EmbeddedServer.start();
process.stdout.write(`${server.url}\n`);
process.stdin.resume();
process.stdin.once('end', () => process.exit());
