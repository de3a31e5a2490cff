/** What the tests of this package look at inside it. Nobody else can import it. */
export { commitmentOf } from './leaf.js';
export { parseNote, signersOf, signNote } from './note.js';
export { consistencyParts, inclusionParts, isConsistent, PartHasher, rootOfInclusion } from './proof.js';
export { fullParts, RightEdge, type LeafRange } from './right-edge.js';
export { leafHash, nodeHash } from './tree-hash.js';
