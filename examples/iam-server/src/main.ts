#!/usr/bin/env node
import { once } from 'node:events';
import { announcement } from './announcement.js';
import { CannotStart, readConfig, type Remedy } from './config.js';
import { logTo } from './log.js';
import type { Running } from './start.js';

/** Exit codes for supervisors (sysexits.h): 78 needs a change first; 75 may work after a restart. */
const EXIT: Readonly<Record<Remedy, number>> = { 'mend what is named': 78, 'start again': 75 };
const DEFECT = 1;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

const reader = process.stderr.isTTY ? 'person' : 'program';
const firstLog = logTo(process.stdout, process.stderr, { reader });

/** Exits at once, because what did not close in time never will. */
function end(caught?: unknown): never {
  if (caught === undefined) process.exit(0);
  process.exit(caught instanceof CannotStart ? EXIT[caught.remedy] : DEFECT);
}

const ending = new AbortController();
for (const signal of SIGNALS) process.on(signal, beginToEnd);

try {
  const config = readConfig(process.env);
  const log = logTo(process.stdout, process.stderr, { reader, level: config.logLevel });
  // A closed terminal, or a supervisor's request to reload: nothing to do.
  process.on('SIGHUP', () => log.note('info', 'SIGHUP changes nothing: SIGTERM or SIGINT ends the server.'));
  const words = process.argv.slice(2);
  if (words.length > 0) {
    const { runCommand } = await import('./commands.js');
    log.say(await runCommand(config, words));
    end();
  }
  // Imported after the environment was checked, because imports are most of a cold start.
  const { start } = await import('./start.js');
  const { signal } = ending;
  const running = await start(config, log, signal).catch((caught: unknown) => end(signal.aborted ? undefined : caught));
  if (!signal.aborted) {
    log.say(announcement(running.started).join('\n'));
    await once(signal, 'abort');
  }
  await stop(running, log.failure);
} catch (caught) {
  firstLog.failure(caught);
  end(caught);
}

/** A second signal ends the process at once, by the system's default. */
function beginToEnd(): void {
  for (const signal of SIGNALS) process.removeListener(signal, beginToEnd);
  ending.abort();
}

async function stop(running: Running, complain: (cause: unknown) => void): Promise<never> {
  await running.stop().catch((caught: unknown) => {
    complain(caught);
    end(new Error('did not end in its time'));
  });
  return end();
}
