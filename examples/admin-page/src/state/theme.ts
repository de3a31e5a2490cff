import { signal, type ReadonlySignal } from '@preact/signals';

/** How the page looks: as the system asks, or as the person chose. */
export const THEMES = ['system', 'light', 'dark'] as const;

/** How the page looks. */
export type Theme = (typeof THEMES)[number];

const KEPT_AS = 'login-policy-theme';
const current = signal<Theme>('system');

/** The theme that was chosen. */
export const theme: ReadonlySignal<Theme> = current;

/** Shows the theme that was chosen last time. */
export function recallTheme(): void {
  const kept = localStorage.getItem(KEPT_AS);
  show(THEMES.find((one) => one === kept) ?? 'system');
}

/** Chooses a theme, for this and every later visit. */
export function chooseTheme(chosen: Theme): void {
  localStorage.setItem(KEPT_AS, chosen);
  show(chosen);
}

function show(chosen: Theme): void {
  current.value = chosen;
  document.documentElement.dataset['theme'] = chosen;
}
