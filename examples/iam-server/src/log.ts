import type { Writable } from 'node:stream';
import { isFault } from '@login-policy/event-sourcing';
import { CannotStart, type Level } from './config.js';

/** The fields of an event beside its sentence. */
export type LogFacts = Readonly<Record<string, string | number | undefined>>;

/** The server's output. It never throws: its reader may be gone, or a disk full. */
export interface Log {
  /** Prints a line for the operator who started it. */
  readonly say: (text: string) => void;
  /** Logs an event in one line. */
  readonly note: (level: Level, message: string, facts?: LogFacts) => void;
  /** Logs a failure: a fault by its code and sentence, a defect with its stack. */
  readonly failure: (cause: unknown, facts?: LogFacts) => void;
}

/** How a log is written. */
export interface LogOptions {
  /** The lowest level that is written. */
  readonly level?: Level;
  /** Lines are text for a terminal and JSON for programs. */
  readonly reader?: 'person' | 'program';
}

const LEVELS: readonly Level[] = ['info', 'warn', 'error'];

/** Creates a log on two streams, and handles their errors, which would otherwise end the process. */
export function logTo(said: Writable, noted: Writable, { level: least = 'info', reader }: LogOptions = {}): Log {
  for (const stream of [said, noted]) stream.on('error', () => undefined);
  const lineOf = reader === 'person' ? lineForPeople : lineForPrograms;
  const note: Log['note'] = (level, message, facts = {}) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    write(noted, () => lineOf({ time: new Date().toISOString(), level, message, ...facts }));
  };
  return {
    say: (text) => write(said, () => text),
    note,
    failure: (cause, facts = {}) => {
      const { message, ...known } = describe(cause);
      note('error', message, { ...known, ...facts });
    },
  };
}

/** Some streams throw instead of emitting an error. */
function write(stream: Writable, textOf: () => string): void {
  try {
    stream.write(`${textOf()}\n`);
  } catch {
    // A failure to write can't be reported to anybody.
  }
}

function lineForPrograms(line: LogFacts): string {
  return JSON.stringify(line);
}

function lineForPeople({ time, level, message, stack, ...facts }: LogFacts): string {
  const known = Object.entries(facts).map(([name, value]) => `  ${name}=${value}`);
  return `${time} ${level}  ${message}${known.join('')}${stack === undefined ? '' : `\n${stack}`}`;
}

/** Even describing a failure may throw. */
function describe(cause: unknown): { readonly message: string; readonly [fact: string]: string } {
  try {
    if (isFault(cause)) return { message: cause.message, fault: cause.code };
    if (cause instanceof CannotStart) return { message: cause.message };
    if (cause instanceof Error) return { message: cause.message, stack: cause.stack ?? '' };
    return { message: String(cause) };
  } catch {
    return { message: 'a failure that can not be shown' };
  }
}
