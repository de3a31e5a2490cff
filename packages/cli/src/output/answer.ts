import type { OptionSpecs, Run } from '../command-line/command.js';
import { paintFor, type Paint } from './paint.js';

/** The options of every command that answers something. */
export const OUTPUT_OPTIONS: OptionSpecs = {
  json: { is: 'Answers with JSON, for programs.' },
};

/** Writes an answer: as JSON where that is asked for, else as text for people. */
export function answer({ given, io }: Run, json: () => object, text: (paint: Paint) => string): void {
  if (given.flag('json')) io.out.write(`${JSON.stringify(json(), undefined, 2)}\n`);
  else io.out.write(text(paintFor(io.out, io)));
}
