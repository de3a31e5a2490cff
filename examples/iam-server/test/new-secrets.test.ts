import { readFile, rename, writeFile } from 'node:fs/promises';

import { join } from 'node:path';
import { hash } from '@node-rs/argon2';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { bearer, call, cookieIn, trySignIn } from './client.js';
import { readQuickstart, TestBench, type Server } from './running-server.js';
import { eventually } from './waiting.js';

describe('new secrets', () => {
  const bench = new TestBench();
  afterEach(() => bench.clear());

  it('let nobody in whose old password is being verified meanwhile', async () => {
    const { server, quickstart } = await bench.serve();
    const { owner } = quickstart.users;
    await giveSlowHash(server, owner);
    const signingIn = trySignIn(server.url, owner.name, owner.password);
    await eventually('a sign-in that is being verified', async () => {
      const text = (await call(server.url, '/metrics', { headers: bearer(quickstart.tokens.viewer) })).bytes.toString();
      return text.includes('iam_requests_in_flight 2') || undefined;
    });
    await bench.serve({ IAM_RESET_SECRETS: 'yes' }, server.folder);
    const answer = await signingIn;
    const [cookie = ''] = cookieIn(answer).split(';');
    expect((await call(server.url, '/iam/v1/session', { headers: { cookie } })).status).to.equal(204);
    expect(answer.status).to.equal(401);
    const renewed = (await readQuickstart(server.folder)).users.owner;
    expect((await trySignIn(server.url, owner.name, renewed.password)).status).to.equal(200);
  });
});

/** Has the verification of a user's password take about a second. */
async function giveSlowHash(
  { folder }: Server,
  user: { readonly name: string; readonly password: string },
): Promise<void> {
  const file = join(folder, '.data', 'iam.json');
  const facts: { instances: { users: { name: string; passwordHash: string }[] }[] } = JSON.parse(
    await readFile(file, 'utf8'),
  );
  const passwordHash = await hash(user.password, { timeCost: 500 });
  for (const one of facts.instances.flatMap(({ users }) => users))
    if (one.name === user.name) one.passwordHash = passwordHash;
  await writeFile(`${file}.edited`, JSON.stringify(facts), { mode: 0o600 });
  await rename(`${file}.edited`, file);
}
