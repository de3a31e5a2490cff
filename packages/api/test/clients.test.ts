import { before, describe, it } from 'mocha';
import { expect } from 'chai';
import { CLIENTS } from './clients/all.js';
import type { Client, Outcome } from './clients/client.js';
import { curlClient } from './clients/curl.js';
import { codeOf, INSTANCE_LIFE, ORGANIZATION_LIFE, SETTINGS_LIFE, type Step } from './life.js';
import { openService } from './service.js';

async function live(makeClient: (url: string) => Client, steps: readonly Step[]): Promise<readonly Outcome[]> {
  const service = await openService();
  const client = makeClient(service.url);
  try {
    const outcomes: Outcome[] = [];
    for (const step of steps) outcomes.push(await client.call(step));
    expect(service.failures).to.deep.equal([]);
    return outcomes;
  } finally {
    client.close?.();
    await service.close();
  }
}

function expectCodes(steps: readonly Step[], outcomes: readonly Outcome[]): void {
  outcomes.forEach((outcome, index) => {
    const step = steps[index];
    const said = `${step?.service} ${step?.method} ${JSON.stringify(step?.request)}: ${JSON.stringify(outcome)}`;
    expect(codeOf(outcome), said).to.equal(step?.code);
  });
}

describe('clients that nobody here wrote', () => {
  const lives = [...INSTANCE_LIFE, ...ORGANIZATION_LIFE];
  let byCurl: readonly Outcome[];
  before(async () => {
    byCurl = await live(curlClient, [...lives, ...SETTINGS_LIFE]);
  });

  it('lives the whole life of both policies by curl', () => expectCodes([...lives, ...SETTINGS_LIFE], byCurl));

  CLIENTS.filter((one) => one !== curlClient).forEach((makeClient) => {
    const { name, services } = makeClient('http://127.0.0.1:1');
    it(`has the same life over ${name}`, async () => {
      const steps = services.includes('settings') ? [...lives, ...SETTINGS_LIFE] : lives;
      const outcomes = await live(makeClient, steps);
      expectCodes(steps, outcomes);
      expect(outcomes).to.deep.equal(byCurl.slice(0, outcomes.length));
    });
  });
});
