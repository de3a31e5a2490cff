import { InvalidValue } from '@login-policy/domain/model';
import type { RequestHeaders } from './ports.js';

const LONGEST_TOKEN = 8192;

/** The bearer token of a request; `undefined` without a valid one. @throws InvalidValue for headers without `get` */
export function bearerToken(headers: RequestHeaders): string | undefined {
  demandHeaders(headers);
  const value = headers.get('authorization');
  if (value === undefined || value.length > LONGEST_TOKEN) return undefined;
  return /^bearer +([\w\-.~+/]+=*)$/i.exec(value)?.[1];
}

/** @throws InvalidValue for what has no method `get`. */
export function demandHeaders(headers: RequestHeaders): void {
  if (typeof headers?.get !== 'function') throw new InvalidValue('headers', 'an object with the method get', headers);
}
