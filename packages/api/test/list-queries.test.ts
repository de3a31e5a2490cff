import { describe, it } from 'mocha';
import { expect } from 'chai';
import type { JsonObject } from '@bufbuild/protobuf';
import type { Client, Outcome } from './clients/client.js';
import { curlClient } from './clients/curl.js';
import { zitadelGrpc } from './clients/protobuf-es-clients.js';
import { ACME, openService, ROOT, type Service } from './service.js';

const ADDED = ['first', 'second', 'third', 'fourth'];

async function withProviders(act: (service: Service) => Promise<void>): Promise<void> {
  const service = await openService();
  try {
    const client = zitadelGrpc(service.url);
    await client.call({ ...toManagement, method: 'AddCustomLoginPolicy' });
    for (const idpId of ADDED) {
      await client.call({ ...toAdmin, method: 'AddIDPToLoginPolicy', request: { idpId } });
      await client.call({ ...toManagement, method: 'AddIDPToLoginPolicy', request: { idpId, ownerType: 1 } });
    }
    await act(service);
  } finally {
    await service.close();
  }
}

const toAdmin = { service: 'admin', token: ROOT } as const;
const toManagement = { service: 'management', token: ROOT, organization: ACME } as const;

/** What both services list, over gRPC and over REST; all four have to be one. */
async function listed(service: Service, query: JsonObject | undefined): Promise<readonly string[]> {
  const request = query === undefined ? {} : { query };
  const lists: (readonly string[])[] = [];
  for (const client of [zitadelGrpc(service.url), curlClient(service.url)]) {
    for (const to of [toAdmin, toManagement]) lists.push(await idsOf(client, { ...to, request }));
  }
  const [one = [], ...others] = lists;
  for (const other of others) expect(other).to.deep.equal(one);
  return one;
}

async function idsOf(client: Client, call: Omit<Parameters<Client['call']>[0], 'method'>): Promise<readonly string[]> {
  return [
    ...JSON.stringify(answerOf(await client.call({ ...call, method: 'ListLoginPolicyIDPs' }))).matchAll(
      /"idpId":"(\w+)"/g,
    ),
  ].map(([, id = '']) => id);
}

function answerOf(outcome: Outcome): unknown {
  if (!outcome.ok) throw new Error(outcome.message);
  expect(outcome.json).to.have.nested.property('details.totalResult', '4');
  return outcome.json;
}

describe('a list of identity providers', () => {
  it('is in the order of addition, whatever the query says', () =>
    withProviders(async (service) => {
      for (const query of [undefined, {}, { asc: false }, { asc: true }]) {
        expect(await listed(service, query)).to.deep.equal(ADDED);
      }
    }));

  it('is paged in that order, and contains the total', () =>
    withProviders(async (service) => {
      expect(await listed(service, { offset: '1', limit: 2 })).to.deep.equal(['second', 'third']);
      expect(await listed(service, { offset: '3' })).to.deep.equal(['fourth']);
      expect(await listed(service, { offset: '18446744073709551615' })).to.deep.equal([]);
    }));
});
