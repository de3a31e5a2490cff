import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { selfSignedCertificate } from './certificate.js';
import { Double } from './double/double.js';

const SCRIPT = fileURLToPath(new URL('../../../examples/backend-service/dist/eventstoredb-user.js', import.meta.url));

/** The steps of docs/how-to/eventstoredb.md, on the double as far as that has users: those of HTTP are answered by a stand-in. */
describe('the script that makes the user of a service', () => {
  const certificate = selfSignedCertificate();
  const folder = mkdtempSync(join(tmpdir(), 'login-policy-user-'));
  const asked: string[] = [];
  const statuses: number[] = [];
  const users = createServer({ key: certificate.key, cert: certificate.certificate }, (request, response) => {
    request.resume();
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.writeHead(statuses.shift() ?? 500).end();
  });
  let double: Double;

  before(async () => {
    double = await Double.startWithTls(certificate, ['admin:s@cret', 'login-policies:of-the-service']);
    writeFileSync(join(folder, 'ca.crt'), certificate.certificate);
    await once(users.listen(0, '127.0.0.1'), 'listening');
  });

  after(async () => {
    users.close();
    await double.stop();
    rmSync(folder, { recursive: true });
  });

  /** What the script says, by its exit code. */
  function run(
    environment: Readonly<Record<string, string>>,
  ): Promise<{ readonly code: unknown; readonly said: string }> {
    const address = users.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const env = {
      ...{ ...process.env, SERVICE_PASSWORD: 'of-the-service' },
      EVENTSTOREDB_URL: `esdb://admin:s%40cret@localhost:${double.port}?tls=true&tlsCAFile=${join(folder, 'ca.crt')}`,
      EVENTSTOREDB_USERS_URL: `https://localhost:${port}/users`,
      ...environment,
    };
    return new Promise((resolve) => {
      execFile(process.execPath, [SCRIPT], { env }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, said: stdout + stderr }),
      );
    });
  }

  const metadataOfAll = (): unknown => {
    const last = double.log.stream('$$$all').at(-1);
    return last === undefined ? undefined : JSON.parse(Buffer.from(last.data).toString('utf8'));
  };

  it('makes it, lets its group read $all, and reads as it', async () => {
    statuses.push(201);
    const { code, said } = await run({});
    expect(said).to.contain('Made the user login-policies').and.to.contain('login-policies reads $all');
    expect(code).to.equal(0);
    expect(asked.splice(0)).to.deep.equal([`POST /users Basic ${Buffer.from('admin:s@cret').toString('base64')}`]);
    expect(metadataOfAll()).to.deep.equal({ $acl: { $r: ['$admins', 'login-policies'] } });
    const store = connectEventStoreDb(`esdb://localhost:${double.port}?tlsCAFile=${join(folder, 'ca.crt')}`, {
      credentials: { username: 'login-policies', password: 'of-the-service' },
    });
    expect(await store.eventStore.head()).to.equal(0n);
    await store.close();
  });

  it('leaves what is so already, and gives a user who is there the password', async () => {
    statuses.push(409, 200, 200);
    const { code, said } = await run({});
    expect([code, said]).to.deep.equal([0, said]);
    expect(said).to.contain('was there already').and.to.contain('may read $all already');
    expect(asked.splice(0).map((one) => one.split(' ').slice(0, 2).join(' '))).to.deep.equal([
      'POST /users',
      'PUT /users/login-policies',
      'POST /users/login-policies/command/reset-password',
    ]);
  });

  it('says what is wrong, and ends with 1', async () => {
    expect(await run({ SERVICE_PASSWORD: '' })).to.include({ code: 1 });
    expect((await run({ EVENTSTOREDB_URL: 'esdb://localhost:2113' })).said).to.contain('as an administrator');
    expect((await run({ EVENTSTOREDB_URL: 'esdb://a:b@localhost:2113?tls=false' })).said).to.contain('tls=false');
    statuses.push(401);
    const { code, said } = await run({});
    expect([code, said.includes('is admin an administrator?')]).to.deep.equal([1, true]);
    asked.length = 0;
  });
});
