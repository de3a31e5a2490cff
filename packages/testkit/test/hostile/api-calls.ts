import { tmpdir } from 'node:os';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { caller } from './entries.js';
import type { Table } from './walk.js';

const call = await caller();
const policies = () => call('domain', 'openLoginPolicies', { store: openMemoryStore() }).answer();
const headers = () => ({ get: () => undefined });
const aCaller = () => ({ instanceId: 'i', id: 'u', grants: [{ permissions: ['p'] }] });
const server = 'answers requests of a server, which pass the tests of its port';

export const apiTables: Readonly<Record<string, Table>> = {
  api: {
    calls: {
      'api bearerToken': () => [headers()],
      'api createApi': async () => [
        {
          loginPolicies: await policies(),
          ports: { authenticate: () => undefined, instanceOf: () => 'i', organizations: { exists: () => true } },
          maxBodyBytes: 1000,
          operational: false,
        },
      ],
      'api holdsGrant': () => [aCaller(), 'p', { instanceId: 'i' }],
      'api instancesByHost': () => [{ 'a.example': 'i' }],
      'api instancesByHost().call': () => [headers()],
      'api introspectedTokens': () => [
        {
          endpoint: new URL('https://127.0.0.1:1/'),
          clientId: 'c',
          clientSecret: 's',
          cacheMs: 1,
          callerOf: () => undefined,
        },
      ],
      'api jsonWebTokens': () => [
        {
          issuer: 'https://a.example',
          audience: 'a',
          callerOf: () => undefined,
          keys: new URL('https://127.0.0.1:1/'),
        },
      ],
      'api oidcTokens': () => [{ issuer: 'https://127.0.0.1:1', audience: 'a', callerOf: () => undefined }],
      'api oneInstance': () => ['i'],
      'api oneInstance().call': () => [],
      'api openPort': () => [() => undefined, { port: 0, host: '127.0.0.1' }],
      'api openPort().close': () => [{}],
      'api staticTokens': () => [{ 'a token of the tests': aCaller() }],
      'api staticTokens().call': () => [headers()],
    },
    trusted: {
      'api createApi()*': server,
      'api introspectedTokens()*': server,
      'api jsonWebTokens()*': server,
      'api oidcTokens()*': server,
      'api requestHeaders': 'takes the request of a server',
      'api targetOf': 'takes the target of a request',
    },
  },
  'api/opentelemetry': {
    calls: { 'api/opentelemetry openTelemetry': () => [{}] },
    trusted: { 'api/opentelemetry openTelemetry()*': 'called with what the kernel and the API tell' },
  },
  'api/sign-in-files': {
    calls: {
      'api/sign-in-files openSignInFiles': () => [{ folder: tmpdir(), maxBytes: 1, keepDays: 1, clock: Date.now }],
    },
    trusted: { 'api/sign-in-files openSignInFiles()*': 'called by a recorder and by the API' },
  },
};
