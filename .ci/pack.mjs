/** Writes a tarball of each published package: `npm run pack -- --out FOLDER`. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { tarballsIn } from './tarballs.mjs';

const { out } = parseArgs({ options: { out: { type: 'string' } } }).values;
if (out === undefined) throw new Error('Name a folder to write to: npm run pack -- --out FOLDER');
const folder = resolve(out);
mkdirSync(folder, { recursive: true });
for (const { filename } of await tarballsIn(folder)) console.log(filename);
console.log(`\nIn a project of yours: npm install "${folder}"/*.tgz luxon`);
