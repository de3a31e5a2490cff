import { measureForParent } from '../harness/measured-child.js';
import { rows } from './rows.js';

await measureForParent(rows, { emmettSqlite: undefined, whyNot: 'another kind of work' });
