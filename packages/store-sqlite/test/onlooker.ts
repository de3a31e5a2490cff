import { Raw } from './raw.js';

/** Looks into a file as any tool does, the sqlite3 command line for one, and says how many events it found. */
const database = new Raw(process.argv[2] ?? '');
process.stdout.write(`${JSON.stringify(database.prepare('SELECT count(*) AS count FROM events').get())}\n`);
database.close();
