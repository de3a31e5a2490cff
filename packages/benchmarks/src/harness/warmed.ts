import type { Contender } from './row.js';

/** The compiler still speeds a command up after ten thousand of them. */
const WARM_UP_COMMANDS = 16_200;

/** The warm-up of a row of commands, for its text. */
export const WARM_UP_TEXT: string = `after ${WARM_UP_COMMANDS} commands of warm-up in each line`;

/**
 * The same contender, which does its work until it has carried out so many commands before it is first measured: rounds
 * of some hundred commands would measure the compiler. A first command has a row of its own.
 */
export function warmed(
  contender: Contender,
  { commands, isQuick }: { readonly commands: number; readonly isQuick: boolean },
): Contender {
  let remaining = isQuick ? 0 : Math.ceil(WARM_UP_COMMANDS / commands);
  return {
    ...contender,
    async measure() {
      for (; remaining > 0; remaining--) await contender.measure();
      return contender.measure();
    },
  };
}
