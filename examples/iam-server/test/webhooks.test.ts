import { createHmac } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signedHeaders } from '@login-policy/iam-server';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { bearer, call, json } from './client.js';
import { TestBench, type Quickstart } from './running-server.js';
import { eventually } from './waiting.js';
import { Receiver, type Doing, type Taken } from './webhook-receiver.js';

const [OLD, NEW] = ['old-secret-of-24-bytes..', 'new-secret-of-24-bytes..'].map(
  (text) => `whsec_${Buffer.from(text).toString('base64')}`,
);

describe('webhooks of the IAM server', () => {
  const bench = new TestBench();
  const receivers: Receiver[] = [];
  afterEach(async () => {
    for (const one of receivers.splice(0)) one.close();
    await bench.clear();
  });

  async function receiver(): Promise<{ readonly it: Receiver; readonly url: string }> {
    const made = new Receiver();
    receivers.push(made);
    return { it: made, url: await made.listen() };
  }

  /** A server that tells these receivers. */
  async function serve(told: readonly object[]): Promise<{ readonly folder: string; readonly quickstart: Quickstart }> {
    const folder = await bench.folder();
    await (await bench.serve({}, folder)).server.stop();
    await tell(folder, told);
    const { quickstart } = await bench.serve({}, folder);
    return { folder, quickstart };
  }

  async function tell(folder: string, told: readonly object[]): Promise<void> {
    await writeFile(join(folder, '.data', 'webhooks.json'), JSON.stringify({ receivers: told }), { mode: 0o600 });
  }

  async function removeOrAdd({ url, tokens }: Quickstart, verb: 'DELETE' | 'POST'): Promise<void> {
    const headers = bearer(tokens.owner);
    const path = '/admin/v1/policies/login/multi_factors';
    const body = { type: 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION' };
    const answer =
      verb === 'DELETE'
        ? await call(url, `${path}/1`, { verb, headers })
        : await call(url, path, { verb, headers, body });
    expect(answer.status, answer.bytes.toString()).to.equal(200);
  }

  async function shown({ url, tokens }: Quickstart) {
    const answer = await call(url, '/iam/v1/webhooks', { headers: bearer(tokens.viewer) });
    return json<{
      readonly webhooks: readonly {
        name: string;
        url: string;
        state: string;
        lagSeconds: number | null;
        lastFailure: { message: string; attempts: number } | null;
      }[];
    }>(answer).webhooks;
  }

  it('are signed by Standard Webhooks', () => {
    // The example of its reference implementations.
    const message = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: new Date(1_614_265_330_000),
      body: '{"test": 2432232314}',
    };
    expect(signedHeaders(message, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])).to.deep.equal({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('arrive in order at a failing, disconnecting, redirecting or hanging receiver, without actor and reason', async () => {
    const hostile = await receiver();
    const failing: Doing[] = [
      (response) => response.writeHead(503).end(),
      (response) => response.destroy(),
      (response) => response.writeHead(302, { location: hostile.url }).end(),
    ];
    const endless: Doing = (response) => {
      response.writeHead(200);
      const more = (): void =>
        void (response.destroyed || response.write('x'.repeat(100_000), () => setImmediate(more)));
      more();
    };
    hostile.it.doing = (response, request) => (failing.shift() ?? endless)(response, request);
    const { quickstart } = await serve([{ name: 'hostile', url: hostile.url, secrets: [NEW] }]);
    await removeOrAdd(quickstart, 'DELETE');
    await removeOrAdd(quickstart, 'POST');
    const { taken } = hostile.it;
    await eventually('both messages', () => taken.length === 5 || undefined);
    const ids = taken.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids.slice(0, 4)).size, 'the first again and again').to.equal(1);
    expect(ids[4]).to.not.equal(ids[0]);
    const [first, second] = [taken[3], taken[4]].map(contentOf);
    expect(first?.type).to.equal('login_policy.changed');
    expect(first?.data).to.deep.include({ isDefault: true, strengthened: true, weakened: false, sequence: '5' });
    expect(second?.data).to.deep.include({ strengthened: false, weakened: true, sequence: '6' });
    expect(taken.map(({ body }) => body).join('')).to.not.match(/actor|reason|admin-machine/);
    await eventually('the end of it', async () => (await shown(quickstart))[0]?.state === 'working' || undefined);
    const [status] = await shown(quickstart);
    expect(status?.lastFailure).to.deep.include({ message: 'it answered 302', attempts: 3 });
    expect(status?.url).to.equal(new URL(hostile.url).origin);
  });

  it('are not delayed by another hanging receiver, and can change their secrets while running', async () => {
    const [hanging, sound] = [await receiver(), await receiver()];
    hanging.it.doing = () => undefined;
    const { folder, quickstart } = await serve([
      { name: 'hanging', url: hanging.url, secrets: [OLD] },
      { name: 'sound', url: sound.url, secrets: [OLD] },
    ]);
    await removeOrAdd(quickstart, 'DELETE');
    await eventually('a message', () => sound.it.taken.length === 1 || undefined);
    await tell(folder, [
      { name: 'hanging', url: hanging.url, secrets: [OLD] },
      { name: 'sound', url: sound.url, secrets: [NEW, OLD] },
    ]);
    await removeOrAdd(quickstart, 'POST');
    await eventually('another', () => sound.it.taken.length === 2 || undefined);
    const [before, after] = sound.it.taken;
    expect(signaturesOf(before)).to.deep.equal([expected(before, OLD)]);
    expect(signaturesOf(after)).to.deep.equal([expected(after, NEW), expected(after, OLD)]);
    const statuses = await shown(quickstart);
    expect(statuses.map(({ name }) => name)).to.deep.equal(['hanging', 'sound']);
    expect(hanging.it.taken).to.have.length(1);
    const metrics = await call(quickstart.url, '/metrics', { headers: bearer(quickstart.tokens.viewer) });
    expect(metrics.bytes.toString()).to.match(/^iam_consumer_lag_seconds \d/m);
  });

  it('are not sent to a receiver that now belongs to another instance', async () => {
    const [moved, sound] = [await receiver(), await receiver()];
    const { folder, quickstart } = await serve([
      { name: 'moved', url: moved.url, secrets: [OLD] },
      { name: 'sound', url: sound.url, secrets: [OLD] },
    ]);
    await tell(folder, [
      { name: 'moved', url: moved.url, secrets: [OLD], instanceId: 'another' },
      { name: 'sound', url: sound.url, secrets: [OLD], instanceId: quickstart.instanceId },
    ]);
    await removeOrAdd(quickstart, 'DELETE');
    await removeOrAdd(quickstart, 'POST');
    await eventually('both messages', () => sound.it.taken.length === 2 || undefined);
    await eventually('the end of it', async () => {
      const statuses = await shown(quickstart);
      return statuses.every(({ lagSeconds }) => lagSeconds === 0) || undefined;
    });
    expect(moved.it.taken).to.deep.equal([]);
  });

  it('wait while their file is away, for example while it is edited', async () => {
    const sound = await receiver();
    const { folder, quickstart } = await serve([{ name: 'sound', url: sound.url, secrets: [OLD] }]);
    const file = join(folder, '.data', 'webhooks.json');
    await rename(file, `${file}.edited`);
    await removeOrAdd(quickstart, 'DELETE');
    await eventually('a message that waits', async () => {
      const [status] = await shown(quickstart);
      return status?.lastFailure?.message === 'webhooks.json is gone' || undefined;
    });
    await rename(`${file}.edited`, file);
    await eventually('the message', () => sound.it.taken.length === 1 || undefined);
  });

  it('show a viewer the origin of their address only: its path may be a secret', async () => {
    const url = 'http://127.0.0.1:9999/services/T0/B0/a-secret';
    const { quickstart } = await serve([{ name: 'slack', url, secrets: [OLD] }]);
    expect((await shown(quickstart)).map((one) => one.url)).to.deep.equal(['http://127.0.0.1:9999']);
    const ofOwner = await call(quickstart.url, '/iam/v1/webhooks', { headers: bearer(quickstart.tokens.owner) });
    expect(ofOwner.bytes.toString()).to.include(url);
  });

  it('are refused at the start if the file is malformed, without a secret in the message', async () => {
    const folder = await bench.folder();
    await (await bench.serve({}, folder)).server.stop();
    const sound = { name: 'a', url: 'https://example.com/', secrets: [NEW] };
    for (const [bad, said] of [
      [{ ...sound, url: 'http://example.com/' }, 'receivers.0.url'],
      [{ ...sound, url: 'https://user:s3cret@example.com/' }, 'receivers.0.url'],
      [{ ...sound, url: 'https://example.com:6666/' }, 'receivers.0.url'],
      [{ ...sound, secrets: ['whsec_short'] }, 'receivers.0.secrets.0'],
      [{ ...sound, secret: NEW }, 'secret'],
    ] as const) {
      await tell(folder, [bad]);
      const { errors } = await bench.fail({}, folder);
      expect(errors.join(' '))
        .to.include('webhooks.json')
        .and.include(said)
        .and.not.include(NEW?.slice(6))
        .and.not.include('s3cret');
    }
  });
});

function contentOf(taken: Taken | undefined): { readonly type: string; readonly data: object } {
  return JSON.parse(taken?.body ?? '');
}

function signaturesOf(taken: Taken | undefined): readonly string[] {
  return String(taken?.headers['webhook-signature']).split(' ');
}

function expected(taken: Taken | undefined, secret: string | undefined): string {
  const key = Buffer.from((secret ?? '').slice('whsec_'.length), 'base64');
  const { 'webhook-id': id, 'webhook-timestamp': at } = taken?.headers ?? {};
  const signed = [id, at, taken?.body].map(String).join('.');
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}
