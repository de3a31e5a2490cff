import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** Counts up every so often while the page is looked at: for what the server sends no notice of. */
export function useTicks(everyMs: number): number {
  const ticks = useSignal(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') ticks.value++;
    }, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [everyMs]);
  return ticks.value;
}
