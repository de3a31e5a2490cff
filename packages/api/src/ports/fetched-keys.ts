import type * as jose from 'jose';
import type { JWTVerifyGetKey } from 'jose';
import { keysUnavailable } from '../errors/refusals.js';

/**
 * The library `jose`. It is imported on demand: not every program needs it, and it takes a tenth of the API's import
 * time.
 */
export type Jose = typeof jose;

/** Fetches keys again. Returns `false` if they were not fetched. @throws ApiError when they are not available */
export type Reload = () => Promise<boolean>;

/** Keys, and how to fetch them again. */
export interface ReloadableKeys {
  readonly keys: JWTVerifyGetKey;
  readonly reload: Reload;
}

/** A key set of jose that fetches its keys. */
type RemoteKeys = JWTVerifyGetKey & { readonly coolingDown: boolean; readonly reload: () => Promise<void> };

/** Stands for a URL that is looked up. */
const ELSEWHERE = new URL('https://keys.invalid');
/** The most reloads within {@link RELOAD_MS}. Without a limit, forged tokens could make the API flood the issuer. */
const MAX_RELOADS = 3;
const RELOAD_MS = 30_000;

/**
 * The keys at a URL, which is looked up before each fetch: the issuer may move them. A single cooldown, as of jose,
 * would reject the tokens of a key that appears just after a fetch. So there may be several reloads in a row.
 */
export function fetchedKeys({ createRemoteJWKSet, customFetch }: Jose, find: () => Promise<URL>): ReloadableKeys {
  // Only `reload` below decides when a token makes the keys be fetched.
  const keys = createRemoteJWKSet(ELSEWHERE, {
    cooldownDuration: Infinity,
    [customFetch]: async (_: string, init: RequestInit) => fetch(await find(), init),
  });
  let reloads: readonly number[] = [];
  let last: Promise<true> = Promise.resolve(true);
  return {
    keys,
    reload: async () => {
      // Concurrent tokens share a fetch.
      if (keys.reloading) return reloaded(keys);
      const now = performance.now();
      reloads = reloads.filter((at) => at > now - RELOAD_MS);
      if (reloads.length < MAX_RELOADS) {
        reloads = [...reloads, now];
        last = reloaded(keys);
        return last;
      }
      // If the issuer was down the last time, the key may exist by now: throws the same again.
      await last;
      return false;
    },
  };
}

/** Keys of the program. If they are a remote set of jose, its cooldown is the limit. */
export function givenKeys(keys: JWTVerifyGetKey): ReloadableKeys {
  return { keys, reload: async () => isRemote(keys) && !keys.coolingDown && reloaded(keys) };
}

async function reloaded(keys: Pick<RemoteKeys, 'reload'>): Promise<true> {
  try {
    await keys.reload();
    return true;
  } catch (failure) {
    throw keysUnavailable(failure);
  }
}

function isRemote(keys: JWTVerifyGetKey): keys is RemoteKeys {
  return 'reload' in keys && 'coolingDown' in keys;
}
