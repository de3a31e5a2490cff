import { gzipSync } from 'node:zlib';
import { BOMB, damaged, type Chance } from './chance.js';

/** A call to make. */
export interface Call {
  readonly verb: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const POLICY = {
  ...{ allowUsernamePassword: true, allowRegister: true, allowExternalIdp: true, forceMfa: false },
  ...{
    passwordlessType: 'PASSWORDLESS_TYPE_ALLOWED',
    passwordCheckLifetime: '864000s',
    multiFactorCheckLifetime: '43200s',
  },
};
const BASES = ['/admin/v1/policies/login', '/management/v1/policies/login'];
const JSON_TYPE = { 'content-type': 'application/json' };

/** The REST calls: verb, path after the base, and body. */
const REST: readonly (readonly [verb: string, path: string, body?: object])[] = [
  ['GET', ''],
  ['PUT', '', POLICY],
  ['PUT', '', { ...POLICY, allowRegister: false }],
  ['POST', '', POLICY],
  ['DELETE', ''],
  ['POST', '/second_factors', { type: 'SECOND_FACTOR_TYPE_OTP' }],
  ['POST', '/second_factors', { type: 2 }],
  ['DELETE', '/second_factors/1'],
  ['DELETE', '/second_factors/SECOND_FACTOR_TYPE_U2F'],
  ['POST', '/multi_factors', { type: 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION' }],
  ['DELETE', '/multi_factors/1'],
  ['POST', '/idps', { idpId: 'an-idp', ownerType: 'IDP_OWNER_TYPE_SYSTEM' }],
  ['DELETE', '/idps/an-idp'],
  ['POST', '/idps/_search', { query: { offset: '0', limit: 10, asc: true } }],
  ['POST', '/second_factors/_search', {}],
  ['POST', '/auth_factors/_search', {}],
  ['GET', '/history?limit=5&direction=backwards'],
  ['GET', '/diff?from=1'],
  ['POST', '/_preview', { method: 'RemoveMultiFactorFromLoginPolicy', request: { type: 1 } }],
  ['POST', '/_revert', { to: '1' }],
  ['POST', '/_customize'],
];

/** Calls beside the policies: those of operators, and of the example's server. */
const OTHERS: readonly (readonly [verb: string, path: string, body?: object])[] = [
  ['GET', '/v2/settings/login?ctx.orgId=acme'],
  ['GET', '/management/v1/policies/default/login'],
  ['GET', '/admin/v1/healthz'],
  ['GET', '/debug/ready'],
  ['GET', '/openapi.json'],
  ['GET', '/'],
  ['GET', '/metrics'],
  ['GET', '/iam/v1/session'],
  ['POST', '/iam/v1/session', { name: 'owner', password: 'wrong' }],
  ['DELETE', '/iam/v1/session'],
  ['GET', '/iam/v1/organizations'],
  ['GET', '/iam/v1/customized'],
  ['GET', '/iam/v1/changes'],
];

/** The gRPC calls: service, method, and the message as bytes and as JSON. */
const METHODS: readonly (readonly [service: string, method: string, bytes: string, json: object])[] = [
  ['zitadel.admin.v1.AdminService', 'GetLoginPolicy', '', {}],
  ['zitadel.admin.v1.AdminService', 'UpdateLoginPolicy', '0801100118012801', POLICY],
  ['zitadel.admin.v1.AdminService', 'AddSecondFactorToLoginPolicy', '0801', { type: 1 }],
  ['zitadel.admin.v1.AdminService', 'RemoveSecondFactorFromLoginPolicy', '0801', { type: 1 }],
  ['zitadel.admin.v1.AdminService', 'AddMultiFactorToLoginPolicy', '0801', { type: 1 }],
  ['zitadel.admin.v1.AdminService', 'RemoveMultiFactorFromLoginPolicy', '0801', { type: 1 }],
  ['zitadel.admin.v1.AdminService', 'AddIDPToLoginPolicy', '0a06616e2d6964701001', { idpId: 'an-idp', ownerType: 1 }],
  ['zitadel.admin.v1.AdminService', 'ListLoginPolicyIDPs', '0a040801100a', { query: { limit: 10 } }],
  ['zitadel.management.v1.ManagementService', 'GetLoginPolicy', '', {}],
  ['zitadel.management.v1.ManagementService', 'AddCustomLoginPolicy', '08011001', POLICY],
  ['zitadel.management.v1.ManagementService', 'UpdateCustomLoginPolicy', '08011001', POLICY],
  ['zitadel.management.v1.ManagementService', 'ResetLoginPolicyToDefault', '', {}],
  ['zitadel.management.v1.ManagementService', 'AddMultiFactorToLoginPolicy', '0801', { type: 1 }],
  ['zitadel.management.v1.ManagementService', 'NoSuchMethod', '0801', { type: 1 }],
  ['zitadel.settings.v2.SettingsService', 'GetLoginSettings', '0a080a06676c6f626578', { ctx: { orgId: 'globex' } }],
  ['grpc.health.v1.Health', 'Check', '', {}],
  ['grpc.health.v1.Health', 'Watch', '0a00', {}],
];

const NOTHING = Buffer.alloc(0);

/** A REST call, or one of the others. */
export function restCall(chance: Chance): Call {
  const isOther = chance.oneIn(4);
  const [verb, path, json] = chance.pick(isOther ? OTHERS : REST);
  const body = json === undefined ? NOTHING : damagedBody(Buffer.from(JSON.stringify(json)), chance);
  return {
    verb,
    path: `${isOther ? '' : chance.pick(BASES)}${path}`,
    headers: json === undefined ? {} : JSON_TYPE,
    body,
  };
}

type RpcType = 'grpc' | 'grpc-web' | 'grpc-web-text' | 'proto' | 'json';
export const RPC_TYPES: readonly RpcType[] = ['grpc', 'grpc-web', 'grpc-web-text', 'proto', 'json'];

/** A call of gRPC, gRPC-Web or Connect. */
export function rpcCall(type: RpcType, chance: Chance): Call {
  const [service, method, hex, json] = chance.pick(METHODS);
  const isJson = type === 'json' || (type !== 'grpc-web-text' && chance.oneIn(8));
  const message = damagedBody(isJson ? Buffer.from(JSON.stringify(json)) : Buffer.from(hex, 'hex'), chance);
  const path = `/${service}/${method}`;
  if (type === 'proto' || type === 'json') {
    const packed = chance.oneIn(8) ? { 'content-encoding': 'gzip' } : {};
    const body = 'content-encoding' in packed ? packedBody(message, chance) : message;
    return {
      verb: 'POST',
      path,
      headers: { 'content-type': `application/${isJson ? 'json' : 'proto'}`, ...packed },
      body,
    };
  }
  const isPacked = chance.oneIn(8);
  const framed = frame(isPacked ? packedBody(message, chance) : message, isPacked ? 1 : 0);
  const sent = chance.oneIn(6) ? damaged(framed, chance) : framed;
  return {
    ...{ verb: 'POST', path },
    headers: {
      'content-type': `application/${type}${isJson ? '+json' : ''}`,
      te: 'trailers',
      ...(isPacked && { 'grpc-encoding': 'gzip' }),
    },
    body: type === 'grpc-web-text' ? Buffer.from(sent.toString('base64')) : sent,
  };
}

/** A framed message. */
function frame(message: Buffer, flags: number): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function packedBody(message: Buffer, chance: Chance): Buffer {
  return chance.oneIn(4) ? BOMB : gzipSync(message);
}

const DEPTH = 100_000;
/** Bodies that are expensive to parse, or ambiguous. */
const HOSTILE_BODIES: readonly Buffer[] = [
  Buffer.from('['.repeat(DEPTH)),
  Buffer.from('{"query":'.repeat(DEPTH / 10)),
  Buffer.from('{"type":'.concat('9'.repeat(DEPTH), '}')),
  Buffer.from('{"__proto__":{"type":1},"constructor":{"prototype":{"type":1}},"type":1}'),
  Buffer.from('{"type":1,"type":99,"typ":1}'),
  Buffer.from('\ufeff{"type":1}'),
  Buffer.from('"\\ud800"'),
  // A group nested many times, an endless number, a text longer than the whole.
  Buffer.alloc(DEPTH, 0x0b),
  Buffer.alloc(DEPTH, 0xff),
  Buffer.from('0affffffff0f', 'hex'),
  Buffer.alloc(300_000, 0x20),
];

/** Mostly valid calls, because completely invalid ones fail the first check. */
function damagedBody(body: Buffer, chance: Chance): Buffer {
  if (chance.oneIn(20)) return chance.pick(HOSTILE_BODIES);
  return chance.oneIn(4) ? damaged(body, chance) : body;
}
