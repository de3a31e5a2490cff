import type { JSX } from 'preact';

const PATHS = {
  mark: 'M10 12a3.4 3.4 0 1 1-6.8 0 3.4 3.4 0 0 1 6.8 0Zm0 0h10.8M17 12v3M20 12v2',
  system: 'M3.5 5h17v11h-17zM9 20h6M12 16v4',
  light:
    'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  dark: 'M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z',
  warning: 'M12 4 2.8 19.5h18.4ZM12 10v4.5M12 17v.2',
  close: 'M6 6l12 12M18 6 6 18',
  equal: 'M5 9.5h14M5 14.5h14',
  different: 'M5 9.5h14M5 14.5h14M16 5 8 19',
} as const;

/** A small icon beside a text. It repeats the text, so it is hidden from screen readers. */
export function Icon({ name }: { readonly name: keyof typeof PATHS }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
