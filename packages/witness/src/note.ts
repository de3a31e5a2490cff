import { parseVerifier, type Signer, type Verifier } from './keys.js';

/** A text with signatures below it (C2SP signed-note). */
export interface Note {
  /** Ends with a line end. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** One signature line of a note. */
interface NoteSignature {
  readonly name: string;
  readonly keyId: string;
  readonly bytes: Buffer;
}

const LONGEST = 1_000_000;
const MOST_SIGNATURES = 100;
const ID_BYTES = 4;
const SIGNATURE_BYTES = 64;
const TIME_BYTES = 8;

/**
 * Signs a text, which must end with a line end.
 *
 * @throws Error when the signer's signature is not one of its public key.
 */
export async function signNote(text: string, signer: Signer): Promise<string> {
  const verifier = parseVerifier(signer.publicKey);
  const { name, keyId } = verifier;
  const message = Buffer.from(text);
  const signature = await signer.sign(message);
  if (!verifier.verifies(message, signature)) throw new Error(`The signer of ${name} did not sign with its key.`);
  return `${text}\n— ${name} ${Buffer.concat([Buffer.from(keyId, 'hex'), signature]).toString('base64')}\n`;
}

/**
 * Parses a signed note, without checking its signatures.
 *
 * @throws RangeError when it is not one, has control characters or more than 100 signatures.
 */
export function parseNote(note: string): Note {
  const end = note.lastIndexOf('\n\n');
  if (
    end < 0 ||
    note.length > LONGEST ||
    !note.endsWith('\n') ||
    !note.isWellFormed() ||
    /[^\P{Cc}\n\x7f-\x9f]/u.test(note)
  )
    throw new RangeError('A signed note must be lines of text, an empty line, and signature lines.');
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > MOST_SIGNATURES) throw new RangeError(`A signed note may have ${MOST_SIGNATURES} signatures.`);
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignature) };
}

/** Parses a signature line. @throws RangeError when it is not one. */
function parseSignature(line: string): NoteSignature {
  const [, name, encoded = ''] = /^— ([^\s+]+) (\S+)$/.exec(line) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  if (name === undefined || bytes.length <= ID_BYTES || bytes.toString('base64') !== encoded)
    throw new RangeError(`A signature line must be "— NAME SIGNATURE", not ${JSON.stringify(line.slice(0, 100))}.`);
  return { name, keyId: bytes.toString('hex', 0, ID_BYTES), bytes: bytes.subarray(ID_BYTES) };
}

/**
 * Checks the signatures of known keys, and ignores all others.
 *
 * @returns The keys that have signed; `undefined` where a signature of a known key is wrong.
 */
export function signersOf({ text, signatures }: Note, verifiers: readonly Verifier[]): readonly Verifier[] | undefined {
  const signers = new Set<Verifier>();
  for (const { name, keyId, bytes } of signatures) {
    const verifier = verifiers.find((one) => one.name === name && one.keyId === keyId);
    if (verifier === undefined) continue;
    if (!isSignatureOf(verifier, text, bytes)) return undefined;
    signers.add(verifier);
  }
  return [...signers];
}

function isSignatureOf(verifier: Verifier, text: string, bytes: Buffer): boolean {
  if (verifier.type === 'ed25519')
    return bytes.length === SIGNATURE_BYTES && verifier.verifies(Buffer.from(text), bytes);
  if (bytes.length !== TIME_BYTES + SIGNATURE_BYTES) return false;
  // A cosignature also states when it was made.
  const message = `cosignature/v1\ntime ${bytes.readBigUInt64BE()}\n${text}`;
  return verifier.verifies(Buffer.from(message), bytes.subarray(TIME_BYTES));
}
