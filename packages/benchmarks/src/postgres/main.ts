import { runSuite } from '../suite.js';
import { rows } from './all-rows.js';
import { databasesOf } from './databases.js';
import { dropDatabases, startServer } from './server.js';

const server = await startServer();
console.log(`${server.version}, fsync on, synchronous_commit on, TCP to ${new URL(server.url).host}\n`);
// The programs that measure a row inherit it.
process.env['DATABASE_URL'] = server.url;
const suite = {
  command: 'npm run bench:postgres',
  rows,
  child: new URL('./measure-row.js', import.meta.url),
  markers: {
    begin: '<!-- measured on PostgreSQL: begin, written by `npm run bench:postgres -- --write` -->',
    end: '<!-- measured on PostgreSQL: end -->',
  },
};
try {
  await runSuite(suite, process.argv.slice(2));
} finally {
  await dropDatabases(server.url, databasesOf(process.pid));
  server.stop();
}
