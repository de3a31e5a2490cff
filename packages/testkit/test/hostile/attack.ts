import { HOSTILE, withMember, withThrowingGetter } from './values.js';
import { outcomeOf, type Outcome } from './outcome.js';

export interface Attack {
  /** `argument 1`, `options.after`. */
  readonly place: string;
  readonly value: string;
  readonly outcome: Outcome;
}

type Fn = (...given: readonly unknown[]) => unknown;

/** Calls with each argument, and each member of an argument that is a plain object, replaced by each hostile value. */
export async function attack(fresh: () => Promise<{ call: Fn; args: readonly unknown[] }>): Promise<readonly Attack[]> {
  const attacks: Attack[] = [];
  const strike = async (place: string, value: string, make: (args: readonly unknown[]) => readonly unknown[]) => {
    const { call, args } = await fresh();
    attacks.push({ place, value, outcome: await outcomeOf(() => call(...make(args))) });
  };
  const { args: good } = await fresh();
  for (const [index, arg] of good.entries()) {
    for (const [value, make] of Object.entries(HOSTILE)) {
      await strike(`argument ${index + 1}`, value, (args) => args.with(index, make()));
      for (const name of memberNames(arg))
        await strike(`argument ${index + 1}.${name}`, value, (args) =>
          args.with(index, withMember(Object(args[index]), name, make())),
        );
    }
    for (const name of memberNames(arg))
      await strike(`argument ${index + 1}.${name}`, 'a getter that throws', (args) =>
        args.with(index, withThrowingGetter(Object(args[index]), name)),
      );
  }
  return attacks;
}

function memberNames(arg: unknown): readonly string[] {
  return typeof arg === 'object' && arg !== null && Object.getPrototypeOf(arg) === Object.prototype
    ? Object.keys(arg)
    : [];
}
