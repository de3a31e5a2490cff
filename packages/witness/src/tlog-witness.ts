import type { GrowingTreeHead } from './growing-tree-head.js';
import { anAddress, demand } from './input.js';
import { parseVerifier } from './keys.js';
import { parseNote, signersOf } from './note.js';
import { formatConsistencyProof } from './proof-text.js';
import { consistencyHashes } from './prove.js';
import type { ReadableLog } from './read-tree.js';
import { post, untilTimeout } from './sink.js';
import type { TreeHead } from './tree-head.js';

/** A witness: it cosigns a tree head that is consistent with all that it cosigned before (C2SP tlog-witness). */
export interface TlogWitness {
  /** The name of its key. */
  readonly name: string;
  /**
   * Asks it to cosign a tree head, with a proof that the log only grew. Read on from the tree head before, the proof
   * needs the new events only, if the witness has that one.
   *
   * @returns Its signature lines.
   */
  cosign(treeHead: TreeHead, asked: Asked): Promise<string>;
}

/** What a proof for a witness is made of. */
export interface Asked {
  readonly log: ReadableLog;
  readonly previous: TreeHead | GrowingTreeHead | undefined;
  readonly signal?: AbortSignal | undefined;
}

const ANSWER_MS = 30_000;
const CONFLICT = 409;

/**
 * A witness at an address, which is its submission prefix.
 *
 * @param publicKey Its key, `NAME+ID+KEY`, for cosignatures or for notes.
 * @throws RangeError when the address or the key is malformed.
 */
export function tlogWitness(url: string, publicKey: string): TlogWitness {
  demand('tlogWitness', 'url', url, anAddress);
  const verifier = parseVerifier(publicKey);
  const address = `${url.replace(/\/$/, '')}/add-checkpoint`;
  return {
    name: verifier.name,
    async cosign(treeHead, { log, previous, signal }) {
      let olderSize = Math.min(previous?.size ?? 0, treeHead.size);
      for (let attempt = 1; ; attempt++) {
        const hashes = await consistencyHashes(log, { olderSize, previous, newer: treeHead, signal });
        const body = formatConsistencyProof({ olderSize, hashes, treeHead });
        const { ok, status, text } = await post(address, { body, signal: untilTimeout(signal, ANSWER_MS) });
        if (ok) return cosignaturesIn(text);
        // It answers with the size that it cosigned last.
        const known = /^\d{1,15}\n$/.test(text) ? Number(text) : undefined;
        if (status !== CONFLICT || known === undefined || attempt > 1)
          throw new Error(`The witness ${verifier.name} answered ${status}${said(text)}.`);
        if (known > treeHead.size)
          throw new Error(`The witness ${verifier.name} knows ${known} events, and the log has ${treeHead.size}.`);
        olderSize = known;
      }

      function cosignaturesIn(lines: string): string {
        const note = parseNote(`${treeHead.note}${lines}`);
        if (signersOf(note, [verifier])?.length !== 1)
          throw new Error(`The witness ${verifier.name} did not sign with the key that is known of it.`);
        return lines;
      }
    },
  };
}

function said(text: string): string {
  return text.trim() === '' ? '' : `: ${JSON.stringify(text.trim().slice(0, 200))}`;
}
