/** The rate, per second, at which `count` things are done by `work`. */
export async function ratePerSecond(count: number, work: () => unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return (count * 1000) / (performance.now() - begun);
}

/** How long `work` takes, in microseconds. */
export async function microseconds(work: () => unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) * 1000;
}
