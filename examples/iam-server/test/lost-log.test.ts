import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect } from 'chai';
import { logTo } from '@login-policy/example-iam-server';
import { afterEach, describe, it } from 'mocha';
import { call, signIn } from './client.js';
import { readQuickstart, TestBench, type ServerProcess } from './running-server.js';

const SESSION = '/iam/v1/session';

describe('a server whose log can not be written', () => {
  const bench = new TestBench();
  afterEach(() => bench.clear());

  it('goes on after a failure when whoever read it is gone', async () => {
    const { server } = await bench.serve();
    await goesOn(server, () => server.stopListening());
  });

  it('goes on after a failure when the disk is full', async () => {
    const full = await open('/dev/full', 'w');
    const server = bench.start(await bench.folder(), {}, full.fd);
    await server.url();
    await goesOn(server, () => undefined);
    await full.close();
  });

  it('is not ended by a failure that can not be shown, or a stream that throws', () => {
    const thrower = new Writable();
    thrower.write = () => {
      throw new Error('no more');
    };
    const log = logTo(thrower, thrower);
    for (const failure of ['text', new Error('told'), Object.create(null)]) log.complain(failure);
    log.say('hello');
  });
});

/** Each look at a session fails, and is logged, from the moment on in which the log is lost. */
async function goesOn(server: ServerProcess, loseLog: () => void): Promise<void> {
  const quickstart = await readQuickstart(server.folder);
  const headers = await signIn(quickstart, 'owner');
  loseLog();
  const sessions = join(server.folder, '.data', 'sessions');
  await rm(sessions, { recursive: true });
  await writeFile(sessions, 'no folder');
  for (const verb of ['GET', 'DELETE', 'GET']) {
    expect((await call(quickstart.url, SESSION, { verb, headers })).status).to.equal(500);
  }
  expect((await call(quickstart.url, '/debug/healthz')).status).to.equal(200);
  expect((await server.stop()).code).to.equal(0);
}
