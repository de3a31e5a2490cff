import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request as secureRequest } from 'node:https';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'mocha';
import { expect } from 'chai';
import { holdsGrant, type ApiRequest, type Ports } from '@login-policy/api';
import { ask, framed, grpc, session } from './raw.js';
import { ACME, INSTANCE, openService, ROOT, waitingAuthenticate } from './service.js';

const pem = (name: string): Buffer => readFileSync(new URL(`../test/tls/${name}.pem`, import.meta.url));
const REST = '/management/v1/policies/login';
const RPC = '/zitadel.management.v1.ManagementService/GetLoginPolicy';

/** Ports that all have to wait, and note what they see. */
function waitingPorts(seen: string[]): Partial<Ports> {
  const wait = async <Value>(request: ApiRequest, value: Value): Promise<Value> => {
    await readFile(fileURLToPath(import.meta.url));
    const { clientCertificate, path, peerAddress, verb } = request;
    const organization = request.get('x-zitadel-orgid') === ACME;
    seen.push([verb, path, peerAddress, organization, clientCertificate === undefined].join(' '));
    return value;
  };
  return {
    instanceOf: (request) => wait(request, INSTANCE),
    authenticate: async (request) => wait(request, await waitingAuthenticate(request)),
    isAllowed: (caller, permission, place) => wait(place.request, holdsGrant(caller, permission, place)),
    organizations: { exists: ({ organizationId }, request) => wait(request, organizationId === ACME) },
  };
}

describe('a request as the hooks get it', () => {
  it('has a verb, a path, headers and a peer over every protocol, and hooks may be asynchronous', async () => {
    const seen: string[] = [];
    const service = await openService({ ports: waitingPorts(seen), api: { unknownNames: 'ignore' } });
    const headers = { authorization: `Bearer ${ROOT}`, 'x-zitadel-orgid': ACME };
    expect((await fetch(`${service.url}${REST}/history?limit=1`, { headers })).status).to.equal(200);
    const on = session(service.url);
    const told = await ask(on, grpc(RPC, headers), framed(new Uint8Array(0)));
    expect(told.trailers['grpc-status']).to.equal('0');
    on.close();
    const [rest, rpc] = [`GET ${REST}/history 127.0.0.1 true true`, `POST ${RPC} 127.0.0.1 true true`];
    expect(seen).to.deep.equal([rest, rest, rest, rest, rpc, rpc, rpc, rpc]);
    await service.close();
  });

  it('has the client certificate if a trusted CA signed it', async () => {
    const seen: (string | undefined)[] = [];
    const service = await openService({
      listen: { tls: { cert: pem('certificate'), key: pem('key'), ca: pem('certificate'), requestCert: true } },
      ports: {
        authenticate: (request) => {
          seen.push(request.clientCertificate?.subjectaltname);
          return waitingAuthenticate(request);
        },
      },
    });
    const shown = { ca: pem('certificate'), cert: pem('certificate'), key: pem('key') };
    const headers = { authorization: `Bearer ${ROOT}` };
    const status = await new Promise((resolve, reject) => {
      const sent = secureRequest(`${service.url}/admin/v1/policies/login`, { ...shown, headers, agent: false });
      sent.once('response', (answer) => resolve(answer.resume().statusCode)).once('error', reject);
      sent.end();
    });
    const on = session(service.url, shown);
    const told = await ask(on, grpc('/zitadel.admin.v1.AdminService/GetLoginPolicy'), framed(new Uint8Array(0)));
    on.close();
    expect([status, told.trailers['grpc-status']]).to.deep.equal([200, '0']);
    expect(seen).to.deep.equal(['DNS:localhost, IP Address:127.0.0.1', 'DNS:localhost, IP Address:127.0.0.1']);
    await service.close();
  });

  it('has no certificate if an unknown CA signed it', async () => {
    const seen: unknown[] = [];
    const tls = { cert: pem('certificate'), key: pem('key'), requestCert: true, rejectUnauthorized: false };
    const service = await openService({
      listen: { tls },
      ports: {
        authenticate: (request) => {
          seen.push(request.clientCertificate);
          return undefined;
        },
      },
    });
    const on = session(service.url, { ca: tls.cert, cert: tls.cert, key: tls.key });
    await ask(on, grpc('/zitadel.admin.v1.AdminService/GetLoginPolicy'), framed(new Uint8Array(0)));
    on.close();
    expect(seen).to.deep.equal([undefined]);
    await service.close();
  });
});
