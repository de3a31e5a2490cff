import { runSuite } from '../suite.js';
import { rows } from './rows.js';

const suite = {
  command: 'npm run bench:api',
  rows,
  child: new URL('./measure-row.js', import.meta.url),
  markers: {
    begin: '<!-- measured over the API: begin, written by `npm run bench:api -- --write` -->',
    end: '<!-- measured over the API: end -->',
  },
};
await runSuite(suite, process.argv.slice(2));
