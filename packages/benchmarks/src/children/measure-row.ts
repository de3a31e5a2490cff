import { measureForParent } from '../harness/measured-child.js';
import { openPeers } from '../peers/open-peers.js';
import { rows } from '../rows/all-rows.js';

await measureForParent(rows, await openPeers(() => undefined));
