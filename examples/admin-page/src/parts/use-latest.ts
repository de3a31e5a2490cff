import { useRef } from 'preact/hooks';
import type { Loading } from './use-loaded.js';

/** What was read, or while it is being read what was read before it. Where it can't be read, that is not what was asked for. */
export function useLatest<Value>(value: Value | undefined, { problem }: Loading): Value | undefined {
  const latest = useRef(value);
  if (value !== undefined) latest.current = value;
  return problem === undefined ? latest.current : value;
}
