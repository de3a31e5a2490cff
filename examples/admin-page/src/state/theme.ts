import { signal, type ReadonlySignal } from '@preact/signals';

/** The themes: the system's, or the user's choice. */
export const THEMES = ['system', 'light', 'dark'] as const;

/** A theme. */
export type Theme = (typeof THEMES)[number];

const KEPT_AS = 'login-policy-theme';
const current = signal<Theme>('system');

/** The chosen theme. */
export const theme: ReadonlySignal<Theme> = current;

/** Applies the stored theme. */
export function recallTheme(): void {
  const kept = localStorage.getItem(KEPT_AS);
  show(THEMES.find((one) => one === kept) ?? 'system');
}

/** Chooses a theme, now and for later visits. */
export function chooseTheme(chosen: Theme): void {
  localStorage.setItem(KEPT_AS, chosen);
  show(chosen);
}

function show(chosen: Theme): void {
  current.value = chosen;
  document.documentElement.dataset['theme'] = chosen;
}
