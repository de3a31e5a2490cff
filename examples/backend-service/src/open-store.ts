import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { loginPolicyProjection } from '@login-policy/domain';
import { openMemoryStore, type Store } from '@login-policy/event-sourcing';

const inlineProjections = [loginPolicyProjection];

/** Opens the store a URL names. A store's driver is loaded only when it is chosen: imports are most of a cold start. */
export async function openStore(url: string): Promise<Store> {
  if (url === 'memory:') return openMemoryStore({ inlineProjections });
  const path = url.slice('sqlite:'.length);
  await mkdir(dirname(path), { recursive: true });
  const { openSqliteStore } = await import('@login-policy/store-sqlite');
  return openSqliteStore({ path, inlineProjections });
}
