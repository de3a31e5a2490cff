import Mocha from 'mocha';

/** How a contract's tests went, by their full titles. */
export interface ContractRun {
  readonly passed: readonly string[];
  /** Each with the message it failed with. */
  readonly failed: ReadonlyMap<string, string>;
}

/**
 * Runs what `register` describes in a mocha of its own, silently, while the mocha that runs this test goes on; of it
 * only the tests whose full title holds the text.
 */
export async function runContract(only: string, register: () => void): Promise<ContractRun> {
  const mocha = new Mocha({ reporter: Silent });
  mocha.fgrep(only);
  // What mocha does before it loads a file: from here on `describe` and `it` mean this mocha's.
  mocha.suite.emit('pre-require', {}, '', mocha);
  register();
  const passed: string[] = [];
  const failed = new Map<string, string>();
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on('pass', (test) => passed.push(test.fullTitle()));
    runner.on('fail', (test, error: unknown) => failed.set(test.fullTitle(), String(error)));
  });
  mocha.dispose();
  return { passed, failed };
}

/** Says nothing. */
class Silent extends Mocha.reporters.Base {}
