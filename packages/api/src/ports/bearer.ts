import type { RequestHeaders } from './ports.js';

const LONGEST_TOKEN = 8192;

/** The bearer token of a request; `undefined` without a valid one. */
export function bearerToken(headers: RequestHeaders): string | undefined {
  const value = headers.get('authorization');
  if (value === undefined || value.length > LONGEST_TOKEN) return undefined;
  return /^bearer +([\w\-.~+/]+=*)$/i.exec(value)?.[1];
}
