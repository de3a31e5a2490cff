import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { bearer, call, cookieIn, json, signIn, trySignIn, type Answered } from './client.js';
import { commandIn, TestBench, type Quickstart } from './running-server.js';
import { eventually } from './waiting.js';
import { Receiver } from './webhook-receiver.js';

const LOGIN = '/admin/v1/policies/login';
const NO_TOTP = { type: 'removeSecondFactor', factor: 'TOTP' };

interface Looked {
  readonly proposal: { readonly id: string; readonly stage: string };
  readonly now?: { readonly seen: readonly string[]; readonly needed: number };
}

describe('four eyes on the IAM server', () => {
  const bench = new TestBench();
  const receivers: Receiver[] = [];
  afterEach(async () => {
    for (const one of receivers.splice(0)) one.close();
    await bench.clear();
  });

  /** Two owners of the instance, with the headers of their sessions. */
  async function serve(variables: Readonly<Record<string, string>>, folder?: string) {
    const { server, quickstart } = await bench.serve(variables, folder);
    const said = await commandIn(server.folder, ['user', 'add', 'bob', '--role', 'IAM_OWNER']);
    const password = said.trim().split(' ').at(-1) ?? '';
    const answer = await trySignIn(quickstart.url, 'bob', password);
    expect(answer.status, answer.bytes.toString()).to.equal(200);
    const cookie = cookieIn(answer).split(';')[0] ?? '';
    const bob = { cookie, 'sec-fetch-site': 'same-origin' };
    return { quickstart, ann: await signIn(quickstart, 'owner'), bob };
  }

  type Headers = Readonly<Record<string, string>>;

  async function propose({ url }: Quickstart, headers: Headers, more: object = {}): Promise<Answered> {
    const { seen } = json<{ readonly seen: string }>(await call(url, `${LOGIN}/whole`, { headers }));
    const given = { ...headers, 'login-policy-reason': 'cloned%20apps' };
    return call(url, `${LOGIN}/_propose`, { verb: 'POST', headers: given, body: { command: NO_TOTP, seen, ...more } });
  }

  async function approve({ url }: Quickstart, headers: Headers, id: string): Promise<Answered> {
    const looked = json<Looked>(await call(url, `${LOGIN}/proposal?id=${id}`, { headers }));
    const body = { id, seen: looked.now?.seen };
    return call(url, `${LOGIN}/_approve_proposal`, { verb: 'POST', headers, body });
  }

  async function factors({ url }: Quickstart, headers: Headers): Promise<readonly string[]> {
    const answer = json<{ readonly policy: { readonly secondFactors: readonly string[] } }>(
      await call(url, `${LOGIN}/whole`, { headers }),
    );
    return answer.policy.secondFactors;
  }

  it('carries out within seconds what another person approved, and refuses it alone', async () => {
    const { ann, bob, quickstart } = await serve({ IAM_FOUR_EYES: 'yes' });
    const direct = await call(quickstart.url, `${LOGIN}/_execute`, {
      verb: 'POST',
      headers: ann,
      body: { command: NO_TOTP },
    });
    expect([direct.status, direct.bytes.toString()]).to.satisfy(
      ([status, text]: [number, string]) => status === 400 && text.includes('LP-PROPOSAL-01'),
    );
    const { id } = json<Looked>(await propose(quickstart, ann)).proposal;
    expect((await approve(quickstart, ann, id)).status).to.equal(403);
    expect((await approve(quickstart, bearer(quickstart.tokens.owner), id)).status).to.equal(403);
    expect((await approve(quickstart, bob, id)).status).to.equal(200);
    await eventually(
      'the factor to be gone',
      async () => !(await factors(quickstart, ann)).includes('TOTP') || undefined,
    );
    const audit = json<{ readonly entries: readonly { readonly reason?: string }[] }>(
      await call(quickstart.url, `${LOGIN}/audit?limit=1`, { headers: ann }),
    );
    expect(audit.entries[0]?.reason).to.match(/^cloned apps \[proposal \w+: approved by /);
  });

  it('approves nothing that a machine proposed: anybody may hold its token', async () => {
    const { bob, quickstart } = await serve({ IAM_FOUR_EYES: 'yes' });
    const { id } = json<Looked>(await propose(quickstart, bearer(quickstart.tokens.owner))).proposal;
    expect((await approve(quickstart, bob, id)).status).to.equal(403);
  });

  it('keeps a date without them, says it to the user who signs in, and tells the receivers', async () => {
    const folder = await bench.folder();
    await (await bench.serve({}, folder)).server.stop();
    const receiver = new Receiver();
    receivers.push(receiver);
    const told = {
      name: 'one',
      url: await receiver.listen(),
      secrets: [`whsec_${Buffer.alloc(32, 7).toString('base64')}`],
    };
    await writeFile(join(folder, '.data', 'webhooks.json'), JSON.stringify({ receivers: [told] }), { mode: 0o600 });
    const { ann, quickstart } = await serve({}, folder);
    const at = new Date(Date.now() + 86_400_000).toISOString();
    const command = { type: 'change', settings: { forceMfa: true } };
    const made = json<Looked>(await propose(quickstart, ann, { command, at }));
    expect(made.proposal.stage).to.equal('approved');
    const said = await commandIn(folder, ['user', 'add', 'olga', '--organization', quickstart.organizationIds[0]]);
    const answer = await trySignIn(quickstart.url, 'olga', said.trim().split(' ').at(-1) ?? '');
    const { upcoming } = json<{ readonly upcoming?: readonly object[] }>(answer);
    expect(upcoming?.[0]).to.deep.include({ at, change: 'hasToSetUp', noLonger: [] });
    await eventually('the receiver to be told', () =>
      receiver.taken.some(({ body }) => body.includes('"login_policy.proposal"')) ? true : undefined,
    );
  });
});
