import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { evaluateSignIn, freshInstance, openLoginPolicies, orThrow, type SignIn } from '@login-policy/domain';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { logTo, Metrics, RecordedSignIns } from '@login-policy/iam-server';
import { bearer, call } from './client.js';
import { TestBench } from './running-server.js';

// What recording adds to a sign-in, beside what judging one over the server's HTTP takes: `npm run bench:recording`.
const REQUESTS = 3000;
const RECORDS = 30_000;
const MOST = 0.05;

function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function signInNow(): SignIn {
  const at = new Date(Date.now() - 1000).toISOString();
  const session = { password: at, secondFactors: [{ factor: 'TOTP', at }] } as const;
  return {
    user: { hasPassword: true, factors: ['TOTP'], identityProviders: [] },
    session,
    request: { startedAt: at },
    at,
  };
}

/** Milliseconds of a judgement over HTTP, one after another on one connection. */
async function overHttp(): Promise<number> {
  const bench = new TestBench();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const { quickstart } = await bench.serveAlone({ IAM_LOG: 'error' });
    const headers = { ...bearer(quickstart.tokens.owner), 'x-zitadel-orgid': quickstart.organizationIds[0] };
    const { at: _, ...body } = signInNow();
    const took: number[] = [];
    for (let request = 0; request < REQUESTS; request++) {
      const beganAt = performance.now();
      const path = '/management/v1/policies/login/_evaluate_sign_in';
      const { bytes, status } = await call(quickstart.url, path, { verb: 'POST', headers, body, agent });
      if (status !== 200) throw new Error(bytes.toString());
      took.push(performance.now() - beganAt);
    }
    return medianOf(took.slice(REQUESTS / 10));
  } finally {
    agent.destroy();
    await bench.clear();
  }
}

/** Milliseconds of a record, with its pseudonym, its line and its metrics. */
async function ofARecord(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'recording-'));
  const policies = await openLoginPolicies({ store: openMemoryStore() });
  orThrow(await policies.add({ instanceId: 'iam' }, freshInstance, { actor: 'setup' }));
  const policy = orThrow(await policies.policy({ instanceId: 'iam' }));
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const log = logTo(nowhere, nowhere);
  const signIns = new RecordedSignIns({
    ...{ dataFolder: folder, secret: () => 'a secret', reportOnly: undefined, log, metrics: new Metrics() },
  });
  const signIn = signInNow();
  const answer = evaluateSignIn(policy, signIn);
  const took: number[] = [];
  for (let record = 0; record < RECORDS; record++) {
    const user = { id: `user ${record % 5000}`, name: 'a name', role: 'USER' } as const;
    const beganAt = performance.now();
    signIns.record({ instanceId: 'iam', user, signIn, answer, policy });
    took.push(performance.now() - beganAt);
  }
  await signIns.close();
  rmSync(folder, { recursive: true });
  return took.slice(RECORDS / 10).reduce((sum, one) => sum + one, 0) / (RECORDS * 0.9);
}

const [judgement, record] = [await overHttp(), await ofARecord()];
const share = record / judgement;
console.log(`A judgement over HTTP takes ${(judgement * 1000).toFixed(0)} µs (the median of ${REQUESTS}).`);
console.log(`A record adds ${(record * 1000).toFixed(1)} µs (the mean of ${RECORDS}): ${(share * 100).toFixed(1)} %.`);
if (share > MOST) process.exitCode = 1;
