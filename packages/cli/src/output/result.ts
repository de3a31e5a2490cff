import type { Invocation } from '../command-line/command.js';
import type { OptionSpecs } from '../command-line/option-specs.js';
import { paintFor, type Paint } from './paint.js';

/** The options of every command with a result. */
export const OUTPUT_OPTIONS: OptionSpecs = {
  json: { description: 'Prints JSON, for programs.' },
};

/** Writes a result: as JSON with `--json`, otherwise as text. */
export function writeResult({ args, io }: Invocation, json: () => object, text: (paint: Paint) => string): void {
  if (args.flag('json')) io.out.write(`${JSON.stringify(json(), undefined, 2)}\n`);
  else io.out.write(text(paintFor(io.out, io)));
}
