import { announcement } from './announcement.js';
import { CannotStart, readConfig } from './config.js';
import type { Running } from './start.js';

const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

// Whoever reads what is printed may stop reading; the server goes on.
process.stdout.on('error', () => undefined);

try {
  const config = readConfig(process.env);
  // After the environment was found good: imports are most of a cold start.
  const { start } = await import('./start.js');
  const running = await start(config, (cause) => complain(inFull(cause)));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => end(running));
  process.stdout.write(`${announcement(running.started).join('\n')}\n`);
} catch (caught) {
  complain(caught instanceof CannotStart ? caught.message : inFull(caught));
  process.exitCode = 1;
}

/** Once: a second signal ends the process at once, as the system does it. */
function end(running: Running): void {
  running.stop().then(
    () => process.exit(0),
    (caught: unknown) => {
      complain(inFull(caught));
      process.exit(1);
    },
  );
}

function inFull(caught: unknown): string {
  return caught instanceof Error ? (caught.stack ?? caught.message) : String(caught);
}
