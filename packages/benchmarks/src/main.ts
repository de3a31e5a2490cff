import { openPeers } from './peers/open-peers.js';
import { rows } from './rows/all-rows.js';
import { runSuite } from './suite.js';

await openPeers(console.log);
const suite = {
  command: 'npm run bench',
  rows,
  child: new URL('./children/measure-row.js', import.meta.url),
  markers: {
    begin: '<!-- measured: begin, written by `npm run bench -- --write` -->',
    end: '<!-- measured: end -->',
  },
};
await runSuite(suite, process.argv.slice(2));
