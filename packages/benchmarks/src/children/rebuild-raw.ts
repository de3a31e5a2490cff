import { foldFile } from '../raw/fold-file.js';
import { RawFile } from '../raw/raw-file.js';

const [path = ''] = process.argv.slice(2);
const file = new RawFile(path);
foldFile(file);
file.close();
console.log(process.resourceUsage().maxRSS);
