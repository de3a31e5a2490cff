import { measureForParent } from '../harness/measured-child.js';
import { rows } from './all-rows.js';

await measureForParent(rows, { emmettSqlite: undefined, whyNot: 'another database' });
