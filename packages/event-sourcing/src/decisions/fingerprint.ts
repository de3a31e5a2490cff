import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/**
 * The SHA-256 of a command's canonical JSON: equal for equal content, in any order of members. Fingerprints are stored,
 * so the result must never change.
 */
export function fingerprint(command: object): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(command, sorted))));
}

function sorted(this: unknown, key: string, value: unknown): unknown {
  // A program may have given `BigInt.prototype` a `toJSON`, whose answer is then the value.
  const given: unknown = Reflect.get(Object(this), key);
  if (typeof given === 'bigint') return `${given}n`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}
