import type { JSX } from 'preact';
import { chooseTheme, theme, THEMES, type Theme } from '../state/theme.js';
import { Icon } from './icon.js';

const LABELS: Readonly<Record<Theme, string>> = {
  system: 'As the system',
  light: 'Light',
  dark: 'Dark',
};

/** The choice of the theme. */
export function ThemeChoice(): JSX.Element {
  return (
    <div class="theme" role="group" aria-label="Theme">
      {THEMES.map((one) => (
        <button
          key={one}
          type="button"
          aria-label={LABELS[one]}
          title={LABELS[one]}
          aria-pressed={theme.value === one}
          onClick={() => {
            chooseTheme(one);
          }}
        >
          <Icon name={one} />
        </button>
      ))}
    </div>
  );
}
