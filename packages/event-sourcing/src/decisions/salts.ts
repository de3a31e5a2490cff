/** Returns a new salt at every call: 16 random bytes in base64url, 22 characters. */
export type SaltSource = () => string;

const BYTES = 16;
const CHARACTERS = 22;
/** Base64 turns three bytes into four characters, so each salt is filled up to 18 bytes, and 24 characters. */
const [FILLED_BYTES, FILLED_CHARACTERS] = [18, 24] as const;
/** Many are drawn and encoded at a time, which is faster. */
const DRAWN = 64;

/** Salts from the platform's cryptographic source. */
export function randomSalts(): SaltSource {
  let [drawn, used] = ['', 0];
  return () => {
    if (used === drawn.length) [drawn, used] = [drawSalts(), 0];
    const salt = drawn.slice(used, used + CHARACTERS);
    used += FILLED_CHARACTERS;
    return salt;
  };
}

function drawSalts(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(DRAWN * FILLED_BYTES));
  for (let from = 0; from < bytes.length; from += FILLED_BYTES) bytes.fill(0, from + BYTES, from + FILLED_BYTES);
  let binary = '';
  // Twice as fast as spreading the bytes.
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_');
}
