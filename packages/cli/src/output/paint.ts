import { styleText } from 'node:util';
import type { Io, Output } from '../io.js';

/** What text can look like. */
export type Look = 'added' | 'removed' | 'changed' | 'quiet' | 'strong' | 'warning';

/** Makes text look like something, on a terminal. */
export type Paint = (look: Look, text: string) => string;

const STYLES = {
  added: 'green',
  removed: 'red',
  changed: 'yellow',
  quiet: 'dim',
  strong: 'bold',
  warning: 'yellow',
} as const;

/** How text is painted there: not at all where it is read by a program, or where `NO_COLOR` says so. */
export function paintFor({ isTerminal }: Output, { env }: Pick<Io, 'env'>): Paint {
  const isPainted = isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return (look, text) => (isPainted ? styleText(STYLES[look], text, { validateStream: false }) : text);
}
