import type streams from '@eventstore/db-client/generated/streams_pb.js';
import type { LogRecord } from './event-log.js';

/** What a reader of `$all` asked to be left out, and in which steps the server looks (reference §3.4). */
export interface ServerFilter {
  readonly matches: (record: LogRecord) => boolean;
  /** How many records one page looks at. */
  readonly window: number;
  /** After how many records looked at a checkpoint is due. */
  readonly interval: number;
}

/** The server's own page. */
export const PAGE = 32;

/**
 * Reads a filter. A non-empty regex wins and is not anchored, prefixes are alternatives, and of none of both nothing
 * matches (checklist 33). `undefined` when the server would refuse it.
 */
export function serverFilterOf(options: streams.ReadReq.Options): ServerFilter | undefined {
  const filter = options.getFilter();
  if (filter === undefined) return { matches: () => true, window: PAGE, interval: Infinity };
  if (!filter.hasMax() && !filter.hasCount()) return undefined;
  const window = filter.hasMax() ? filter.getMax() : PAGE;
  const expression = filter.getStreamIdentifier() ?? filter.getEventType();
  const textOf = filter.hasStreamIdentifier()
    ? (record: LogRecord): string => record.streamName
    : (record: LogRecord): string => record.type;
  const regex = expression?.getRegex() ?? '';
  const prefixes = expression?.getPrefixList() ?? [];
  const pattern = regex === '' ? undefined : new RegExp(regex, 'u');
  return {
    matches: (record) => {
      const text = textOf(record);
      return pattern === undefined ? prefixes.some((prefix) => text.startsWith(prefix)) : pattern.test(text);
    },
    window,
    interval: window * filter.getCheckpointintervalmultiplier(),
  };
}
