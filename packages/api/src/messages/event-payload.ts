import type { JsonObject as PayloadJson } from '@bufbuild/protobuf';
import { MULTI_FACTORS, SECOND_FACTORS } from '@login-policy/domain';
import type { AuditEntry } from '@login-policy/domain/audit';
import { isJsonObject, type Json, type JsonObject } from '@login-policy/event-sourcing';
import { isJsonObject as isPayload } from '../rest/read-request.js';
import { Duration } from 'luxon';
import { multiFactorNumber, secondFactorNumber } from './factors.js';
import { PASSWORDLESS_ALLOWED, PASSWORDLESS_NOT_ALLOWED } from './numbers.js';

/**
 * The payload of an event as ZITADEL's events have it; `undefined` for none. What is not known here stays as it is
 * recorded.
 */
export function payloadOf({ data, type }: Pick<AuditEntry, 'data' | 'type'>): PayloadJson | undefined {
  const payload = { ...settingsIn(data), ...factorIn(data), ...providerIn(data), ...restOf(data) };
  const said = Object.entries(payload).filter(([, value]) => type !== 'LoginPolicyAdded' || !isZero(value));
  if (said.length === 0) return undefined;
  const copy: unknown = JSON.parse(JSON.stringify(Object.fromEntries(said)));
  return isPayload(copy) ? copy : undefined;
}

/** ZITADEL leaves out the zero values of a policy that is added. */
function isZero(value: Json): boolean {
  return value === false || value === 0 || value === '';
}

const TRANSLATED = ['settings', 'factor', 'identityProvider', 'id'];

function restOf(data: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(data).filter(([name]) => !TRANSLATED.includes(name)));
}

/** ZITADEL's names in events, which are not those of its API. */
const SETTINGS: Readonly<Record<string, string>> = {
  forceMfa: 'forceMFA',
  forceMfaLocalOnly: 'forceMFALocalOnly',
  defaultRedirectUri: 'defaultRedirectURI',
};

function settingsIn({ settings }: JsonObject): JsonObject {
  if (!isJsonObject(settings)) return {};
  const { lifetimes, passwordlessType, ...others } = settings;
  return {
    ...Object.fromEntries(Object.entries(others).map(([name, value]) => [SETTINGS[name] ?? name, value])),
    ...(passwordlessType !== undefined && { passwordlessType: passwordlessNumber(passwordlessType) }),
    ...(isJsonObject(lifetimes) && lifetimesIn(lifetimes)),
  };
}

function passwordlessNumber(type: Json): Json {
  if (type === 'ALLOWED') return PASSWORDLESS_ALLOWED;
  return type === 'NOT_ALLOWED' ? PASSWORDLESS_NOT_ALLOWED : type;
}

const NANOS_PER_MS = 1_000_000;

function lifetimesIn(lifetimes: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(lifetimes).map(([name, value]) => {
      const lifetime = typeof value === 'string' ? Duration.fromISO(value) : undefined;
      return [`${name}Lifetime`, lifetime?.isValid === true ? lifetime.toMillis() * NANOS_PER_MS : value];
    }),
  );
}

function factorIn({ factor }: JsonObject): JsonObject {
  if (factor === undefined) return {};
  const second = SECOND_FACTORS.find((one) => one === factor);
  if (second !== undefined) return { mfaType: secondFactorNumber(second) };
  const multi = MULTI_FACTORS.find((one) => one === factor);
  return multi === undefined ? { factor } : { mfaType: multiFactorNumber(multi) };
}

/** An identity provider of an organization: ZITADEL writes the type of no other. */
const OF_ORGANIZATION = 1;

function providerIn({ id, identityProvider }: JsonObject): JsonObject {
  if (isJsonObject(identityProvider) && identityProvider['id'] !== undefined) {
    const isOwn = identityProvider['ownerType'] === 'ORG';
    return { idpConfigId: identityProvider['id'], ...(isOwn && { idpProviderType: OF_ORGANIZATION }) };
  }
  return id === undefined ? {} : { idpConfigId: id };
}
