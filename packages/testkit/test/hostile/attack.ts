import { HOSTILE, withMember, withThrowingGetter } from './values.js';
import { outcomeOf, type Outcome } from './outcome.js';

export interface Attack {
  /** `argument 1`, `options.after`. */
  readonly place: string;
  readonly value: string;
  readonly outcome: Outcome;
}

/** The name of something else, so that another member is wrong. */
const OTHER_NAME = 'a text';

type Fn = (...given: readonly unknown[]) => unknown;

/** Calls with each argument, and each member of an argument that is a plain object, replaced by each hostile value. */
export async function attack(fresh: () => Promise<{ call: Fn; args: readonly unknown[] }>): Promise<readonly Attack[]> {
  const attacks: Attack[] = [];
  const { args: good, call: calledWell } = await fresh();
  const usual = await outcomeOf(() => calledWell(...good));
  if (usual.refusesInput === true)
    attacks.push({ place: 'good arguments', value: 'they are', outcome: { ...usual, complaint: usual.said } });
  const strike = async (place: string, value: string, make: (args: readonly unknown[]) => readonly unknown[]) => {
    const { call, args } = await fresh();
    const outcome = await outcomeOf(() => call(...make(args)));
    const mayBeUnnamed = outcome.said === usual.said || value === OTHER_NAME;
    attacks.push({ place, value, outcome: mayBeUnnamed ? outcome : named(place, outcome) });
  };
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

/** Complains about a refusal that does not name the member that is wrong, so that the caller has to guess. */
function named(place: string, outcome: Outcome): Outcome {
  // What is not a name may be a secret, such as a token.
  const member = /^argument \d+\.(\w+)$/.exec(place)?.[1];
  const { complaint, refusesInput, said } = outcome;
  if (complaint !== undefined || member === undefined || refusesInput !== true || said.includes(member)) return outcome;
  return { ...outcome, complaint: `does not name ${member}: ${said}` };
}

function memberNames(arg: unknown): readonly string[] {
  return typeof arg === 'object' && arg !== null && Object.getPrototypeOf(arg) === Object.prototype
    ? Object.keys(arg)
    : [];
}
