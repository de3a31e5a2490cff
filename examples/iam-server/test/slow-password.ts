import { hash } from '@node-rs/argon2';
import { AccountsFile } from './accounts-file.js';
import { bearer, call } from './client.js';
import type { Quickstart, Server } from './running-server.js';
import { eventually } from './waiting.js';

/** Has each verification of the owner's password take some two milliseconds a pass on a quiet machine. */
export async function slowDownOwner(
  server: Pick<Server, 'folder'>,
  { users: { owner } }: Quickstart,
  passes: number,
): Promise<void> {
  const passwordHash = await hash(owner.password, { timeCost: passes });
  using accounts = new AccountsFile(server);
  accounts.run("UPDATE credentials SET secret = ? WHERE user_id = 'owner' AND kind = 'PASSWORD'", passwordHash);
}

/** Waits until so many requests are in flight beside the one that asks. */
export async function inFlight(count: number, { url, tokens }: Quickstart): Promise<void> {
  await eventually(`${count} requests in flight`, async () => {
    const text = (await call(url, '/metrics', { headers: bearer(tokens.viewer) })).bytes.toString();
    return text.includes(`iam_requests_in_flight ${count + 1}\n`) || undefined;
  });
}
