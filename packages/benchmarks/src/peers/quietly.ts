/** Does something that prints its own errors without letting it: what it throws is reported as a failure of its row. */
export async function quietly<Result>(work: () => Promise<Result>): Promise<Result> {
  const { log } = console;
  console.log = (): void => undefined;
  try {
    return await work();
  } finally {
    console.log = log;
  }
}
