import { announcement } from './announcement.js';
import { CannotStart, readConfig } from './config.js';
import { logTo } from './log.js';
import type { Running } from './start.js';

const log = logTo(process.stdout, process.stderr);

try {
  const config = readConfig(process.env);
  // After the environment was found good: imports are most of a cold start.
  const { start } = await import('./start.js');
  const running = await start(config, log.complain);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => end(running));
  log.say(announcement(running.started).join('\n'));
} catch (caught) {
  log.complain(caught instanceof CannotStart ? caught.message : caught);
  process.exitCode = 1;
}

/** Once: a second signal ends the process at once, as the system does it. */
function end(running: Running): void {
  running.stop().then(
    () => process.exit(0),
    (caught: unknown) => {
      log.complain(caught);
      process.exit(1);
    },
  );
}
