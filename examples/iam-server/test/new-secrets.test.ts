import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { call, cookieIn, trySignIn } from './client.js';
import { readQuickstart, TestBench } from './running-server.js';
import { inFlight, slowDownOwner } from './slow-password.js';

describe('new secrets', () => {
  const bench = new TestBench();
  afterEach(() => bench.clear());

  it('reject an old password that is being verified meanwhile', async () => {
    const { server, quickstart } = await bench.serve();
    const { owner } = quickstart.users;
    await slowDownOwner(server, quickstart, 400);
    const signingIn = trySignIn(server.url, owner.name, owner.password);
    await inFlight(1, quickstart);
    await bench.serve({ IAM_RESET_SECRETS: 'yes' }, server.folder);
    const answer = await signingIn;
    const [cookie = ''] = cookieIn(answer).split(';');
    expect((await call(server.url, '/iam/v1/session', { headers: { cookie } })).status).to.equal(204);
    expect(answer.status).to.equal(401);
    const renewed = (await readQuickstart(server.folder)).users.owner;
    expect((await trySignIn(server.url, owner.name, renewed.password)).status).to.equal(200);
  });

  it('are created by one of several concurrent starts, and printed only by that one', async () => {
    const { server } = await bench.serve();
    const starts = Array.from({ length: 3 }, () => bench.serve({ IAM_RESET_SECRETS: 'yes' }, server.folder));
    const printed = (await Promise.all(starts)).map((start) => start.server.running.started.secrets);
    expect(printed.filter((secrets) => secrets !== undefined)).to.have.lengthOf(1);
    const { users } = await readQuickstart(server.folder);
    expect(printed.find((secrets) => secrets !== undefined)?.users).to.deep.equal(users);
    expect((await trySignIn(server.url, 'owner', users.owner.password)).status).to.equal(200);
  });
});
