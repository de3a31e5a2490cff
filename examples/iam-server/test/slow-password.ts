import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hash } from '@node-rs/argon2';
import { bearer, call } from './client.js';
import type { Quickstart, Server } from './running-server.js';
import { eventually } from './waiting.js';

/** Has each verification of the owner's password take some two milliseconds a pass on a quiet machine. */
export async function slowDownOwner(
  { folder }: Server,
  { users: { owner } }: Quickstart,
  passes: number,
): Promise<void> {
  const file = join(folder, '.data', 'iam.json');
  const facts: { instances: { users: { name: string; passwordHash: string }[] }[] } = JSON.parse(
    await readFile(file, 'utf8'),
  );
  const passwordHash = await hash(owner.password, { timeCost: passes });
  for (const user of facts.instances.flatMap(({ users }) => users))
    if (user.name === owner.name) user.passwordHash = passwordHash;
  await writeFile(`${file}.edited`, JSON.stringify(facts), { mode: 0o600 });
  await rename(`${file}.edited`, file);
}

/** Waits until so many requests are in flight beside the one that asks. */
export async function inFlight(count: number, { url, tokens }: Quickstart): Promise<void> {
  await eventually(`${count} requests in flight`, async () => {
    const text = (await call(url, '/metrics', { headers: bearer(tokens.viewer) })).bytes.toString();
    return text.includes(`iam_requests_in_flight ${count + 1}\n`) || undefined;
  });
}
