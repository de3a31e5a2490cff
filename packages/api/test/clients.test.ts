import { before, describe, it } from 'mocha';
import { expect } from 'chai';
import { CLIENTS } from './clients/all.js';
import { asPublished, type Client, type Outcome } from './clients/client.js';
import { curlClient } from './clients/curl.js';
import { codeOf, INSTANCE_LIFE, ORGANIZATION_LIFE, SETTINGS_LIFE, type Step } from './life.js';
import type { Ports } from '@login-policy/api';
import { openService, waitingAuthenticate } from './service.js';

interface Life {
  readonly steps: readonly Step[];
  readonly ports?: Partial<Ports>;
}

async function live(makeClient: (url: string) => Client, { ports = {}, steps }: Life): Promise<readonly Outcome[]> {
  const service = await openService({ ports });
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

const LIVES = [...INSTANCE_LIFE, ...ORGANIZATION_LIFE];

function stepsOf({ services }: Client): readonly Step[] {
  return services.includes('settings') ? [...LIVES, ...SETTINGS_LIFE] : LIVES;
}

describe('third-party clients', () => {
  const steps = [...LIVES, ...SETTINGS_LIFE];
  let byCurl: readonly Outcome[];
  before(async () => {
    byCurl = await live(curlClient, { steps });
  });

  it('change both policies by curl', () => expectCodes(steps, byCurl));

  const ways: readonly (readonly [string, Partial<Ports>])[] = [
    ['', {}],
    [' where it takes time to find out who calls', { authenticate: waitingAuthenticate }],
  ];
  ways.forEach(([where, ports]) => {
    CLIENTS.forEach((makeClient) => {
      const client = makeClient('http://127.0.0.1:1');
      it(`change both policies over ${client.name}${where}`, async () => {
        const outcomes = await live(makeClient, { steps: stepsOf(client), ports });
        expectCodes(stepsOf(client), outcomes);
        expect(outcomes.map(asPublished)).to.deep.equal(byCurl.slice(0, outcomes.length).map(asPublished));
      });
    });
  });
});
