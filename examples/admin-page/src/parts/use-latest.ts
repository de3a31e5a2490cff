import { useRef } from 'preact/hooks';

/** A value, or while there is none the one before it. */
export function useLatest<Value>(value: Value | undefined): Value | undefined {
  const latest = useRef(value);
  if (value !== undefined) latest.current = value;
  return latest.current;
}
