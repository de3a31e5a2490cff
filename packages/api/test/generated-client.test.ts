import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import openapiTypes, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { describe, it } from 'mocha';
import { expect } from 'chai';
import { callByName } from './clients/client.js';
import { ACME, openService, ROOT, type Service } from './service.js';

/** Beside the compiled tests, so that what it imports is found. */
const FOLDER = new URL('./generated-client/', import.meta.url);
const PROGRAM = fileURLToPath(new URL('program.ts', FOLDER));

/** What somebody writes who has generated the types of a client from the document. */
const SOURCE = `
import createClient from 'openapi-fetch';
import type { paths } from './paths.js';

export async function use(baseUrl: string, token: string, organization: string): Promise<unknown> {
  const client = createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${token}\` } });
  const header = { 'x-zitadel-orgid': organization };
  const read = await client.GET('/admin/v1/policies/login', { params: { query: { asOf: '1' } } });
  const factors: readonly (string | number)[] = read.data?.policy?.secondFactors ?? [];
  const added = await client.POST('/management/v1/policies/login', {
    params: { header },
    body: { forceMfa: true, multiFactors: ['MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION'], passwordCheckLifetime: '3600s' },
  });
  const twice = await client.POST('/management/v1/policies/login', { params: { header }, body: {} });
  const removed = await client.DELETE('/management/v1/policies/login/multi_factors/{type}', {
    params: { header, path: { type: 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION' } },
  });
  const preview = await client.POST('/management/v1/policies/login/_preview', {
    params: { header },
    body: { method: 'ResetLoginPolicyToDefault' },
  });
  const code: number | undefined = twice.error?.code;
  // @ts-expect-error a field that no policy has
  read.data?.policy?.forceMFA;
  // @ts-expect-error a path that is not served
  void ((): unknown => client.GET('/admin/v1/policies/logins'));
  return {
    factors,
    statuses: [read, added, twice, removed, preview].map(({ response }) => response.status),
    code,
    sequence: removed.data?.details?.sequence,
    affected: preview.data?.affected?.organizationIds,
  };
}
`;

async function generated({ api }: Service): Promise<readonly string[]> {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(PROGRAM, SOURCE);
  writeFileSync(new URL('paths.d.ts', FOLDER), astToString(await openapiTypes(JSON.stringify(api.openApi))));
  const program = ts.createProgram([PROGRAM], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    skipLibCheck: true,
    types: [],
  });
  const { emitSkipped } = program.emit();
  const found = ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  return emitSkipped ? [...found, 'nothing was emitted'] : found;
}

describe('a client that is generated from the OpenAPI document', () => {
  it('compiles, and is answered', async () => {
    const service = await openService();
    expect(await generated(service)).to.deep.equal([]);
    const program: object = await import(PROGRAM.replace(/\.ts$/, '.js'));
    expect(await callByName(program, 'use', [service.url, ROOT, ACME])).to.deep.equal({
      factors: ['SECOND_FACTOR_TYPE_OTP', 'SECOND_FACTOR_TYPE_U2F'],
      statuses: [200, 200, 409, 200, 200],
      code: 6,
      sequence: '3',
      affected: [ACME],
    });
    await service.close();
  });
});
