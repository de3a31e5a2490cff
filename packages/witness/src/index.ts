export { generateKey, parseSigner, parseVerifier, type NewKey, type Signer, type Verifier } from './keys.js';
export { leafOf } from './leaf.js';
export { openTreeHead, type CheckedTreeHead, type TreeHead, type TreeHeadKeys } from './tree-head.js';
export { treeHead, type GrowingTreeHead, type TreeHeadAnswer, type TreeHeadOptions } from './growing-tree-head.js';
export type { Difference, ExpectedTreeHead, ReadableLog } from './read-tree.js';
export { checkLog, type CheckAnswer, type CheckOptions } from './check.js';
export {
  proveConsistency,
  proveEvent,
  type ProofAnswer,
  type ProveConsistencyOptions,
  type ProveEventOptions,
} from './prove.js';
export { verifyProof, type VerifyAnswer, type VerifyOptions } from './verify.js';
export { treeHeadFile, type TreeHeadFile } from './tree-head-file.js';
export { urlSink, type Sink, type UrlSinkOptions } from './sink.js';
export { tlogWitness, type Asked, type TlogWitness } from './tlog-witness.js';
export { witness, type Witnessing, type WitnessingOptions, type WitnessingStatus } from './witnessing.js';
export { eraseTexts, type EraseAnswer, type EraseOptions } from './erase.js';
