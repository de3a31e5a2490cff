import { useRef } from 'preact/hooks';
import type { Loading } from './use-loaded.js';

/**
 * The value, or the previous one while a new one loads. After a failed load there is no value, because the previous one
 * is not what was requested.
 */
export function useLatest<Value>(value: Value | undefined, { problem }: Loading): Value | undefined {
  const latest = useRef(value);
  if (value !== undefined) latest.current = value;
  return problem === undefined ? latest.current : value;
}
