/**
 * Does something that may throw where nobody can catch it, as a driver does whose statement has no callback: the process
 * goes on, and the work fails with what was thrown.
 */
export async function catchingStrays<Result>(work: () => Promise<Result>): Promise<Result> {
  let fail: (caught: unknown) => void = () => undefined;
  const strayed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  process.on('uncaughtException', fail);
  process.off('uncaughtException', passOver);
  try {
    return await Promise.race([work(), strayed]);
  } finally {
    // One that comes later still belongs to what was done here, and must not end the process either.
    process.on('uncaughtException', passOver);
    process.off('uncaughtException', fail);
  }
}

function passOver(caught: unknown): void {
  console.error('after a peer’s turn:', caught);
}
