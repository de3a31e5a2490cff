import { readCommandLine } from './harness/command-line.js';
import { measureRow } from './harness/measure-row.js';
import { openPeers } from './peers/open-peers.js';
import { rowAsText } from './report/text.js';
import { rows } from './rows/all-rows.js';

const wish = readCommandLine(process.argv.slice(2));
const wanted = rows.filter(({ name }) => wish.names.length === 0 || wish.names.some((part) => name.includes(part)));
const peers = await openPeers(console.log);
for (const row of wanted) console.log(rowAsText(await measureRow(row, wish, peers)));
