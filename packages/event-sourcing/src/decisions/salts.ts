/** Returns a new salt at every call: 16 random bytes in base64url, 22 characters. */
export type SaltSource = () => string;

const BYTES = 16;
/** Random bytes are drawn from the platform's cryptographic source many at a time, which is faster. */
const DRAWN = 64 * BYTES;

/** Salts from the platform's cryptographic source. */
export function randomSalts(): SaltSource {
  const pool = new Uint8Array(DRAWN);
  let used = pool.length;
  return () => {
    if (used === pool.length) {
      globalThis.crypto.getRandomValues(pool);
      used = 0;
    }
    return base64url(pool.subarray(used, (used += BYTES)));
  };
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}
