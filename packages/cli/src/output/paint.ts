import { styleText } from 'node:util';
import type { Io, Output } from '../io.js';

/** The styles of text. */
export type Style = 'added' | 'removed' | 'changed' | 'quiet' | 'strong' | 'warning';

/** Applies a style, if the output is a terminal. */
export type Paint = (style: Style, text: string) => string;

const STYLES = {
  added: 'green',
  removed: 'red',
  changed: 'yellow',
  quiet: 'dim',
  strong: 'bold',
  warning: 'yellow',
} as const;

/** The styling for an output: none if it is not a terminal, or if `NO_COLOR` is set. */
export function paintFor({ isTerminal }: Output, { env }: Pick<Io, 'env'>): Paint {
  const isPainted = isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return (style, text) => (isPainted ? styleText(STYLES[style], text, { validateStream: false }) : text);
}
