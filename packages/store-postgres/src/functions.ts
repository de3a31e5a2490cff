import { WRITE_RECKONED, WRITE_RECKONED_EVENT, WRITERS_VIEW } from './inline-functions.js';
import { ROW_FUNCTIONS } from './row-functions.js';
import { BEGIN_KNOWN_TURN, ERA, INSERT_AT_PLACE, KNOWN_EVENT, plpgsql, TAKE_TURN, TELL_LISTENERS } from './turn.js';

/** The {@link ERA}, for a writer who does not look around in his turn. */
const CURRENT_ERA = plpgsql('current_era() RETURNS text', `BEGIN RETURN ${ERA}; END`);

/**
 * The most frequent append by itself: one event and no receipt, by a writer who wrote last and so knows its place. Answers
 * 'written', or 'others wrote' and has written nothing.
 */
const APPEND_KNOWN = plpgsql(
  `append_known(lock_ms text, ${KNOWN_EVENT}) RETURNS text`,
  `BEGIN ${BEGIN_KNOWN_TURN}${INSERT_AT_PLACE}${TELL_LISTENERS}
  RETURN 'written';
END`,
);

/**
 * Does a batch of appends, each for itself: receipt, expected revision, positions, events. The answer has an array for
 * each: ["ok", first position, first revision, recorded at], ["conflict", last revision or null], ["receipt"],
 * ["no-stream"]. An expectation is a revision, or -1 for no stream, -2 for a stream that exists, -3 for none.
 */
const APPEND_EVENTS = plpgsql(
  'append_events(lock_ms text, this_attempt text, batch json) RETURNS text',
  `DECLARE
  head bigint;
  before bigint;
  one record;
  last_revision bigint;
  last_at bigint;
  answers text[] := '{}';
BEGIN
  PERFORM {schema}.take_turn(lock_ms, this_attempt);
  SELECT position INTO head FROM {schema}.events ORDER BY position DESC LIMIT 1;
  head := coalesce(head, 0);
  before := head;
  FOR one IN
    SELECT * FROM json_to_recordset(batch)
      AS x(stream text, whole text, expected bigint, at bigint, count integer, key text, fingerprint text, events json)
  LOOP
    IF one.key IS NOT NULL AND EXISTS (
      SELECT FROM {schema}.receipts AS kept WHERE kept.stream = one.stream AND kept.key = one.key
    ) THEN
      answers := answers || '["receipt"]'::text;
      CONTINUE;
    END IF;
    SELECT revision, recorded_at INTO last_revision, last_at FROM {schema}.events
      WHERE stream = one.stream ORDER BY revision DESC LIMIT 1;
    IF NOT (CASE one.expected
      WHEN -3 THEN true
      WHEN -2 THEN last_revision IS NOT NULL
      WHEN -1 THEN last_revision IS NULL
      ELSE last_revision IS NOT DISTINCT FROM one.expected
    END) THEN
      answers := answers || format('["conflict",%s]', coalesce('"' || last_revision || '"', 'null'));
      CONTINUE;
    END IF;
    IF one.count = 0 AND last_revision IS NULL THEN
      answers := answers || '["no-stream"]'::text;
      CONTINUE;
    END IF;
    last_revision := coalesce(last_revision, -1);
    last_at := greatest(one.at, last_at);
    INSERT INTO {schema}.events
      SELECT head + n, one.stream, last_revision + n, id, type, version, last_at, data::json, metadata::json, one.whole,
        CASE WHEN one.count > 1 THEN n END, CASE WHEN one.count > 1 THEN one.count END
      FROM ROWS FROM (
        json_to_recordset(one.events) AS (id text, type text, version integer, data text, metadata text)
      ) WITH ORDINALITY AS given (id, type, version, data, metadata, n);
    IF one.key IS NOT NULL THEN
      INSERT INTO {schema}.receipts VALUES (one.stream, one.key, one.fingerprint, last_revision + one.count);
    END IF;
    answers := answers || format('["ok","%s","%s","%s"]', head + 1, last_revision + 1, last_at);
    head := head + one.count;
  END LOOP;
  IF head > before THEN${TELL_LISTENERS}
  END IF;
  RETURN '[' || array_to_string(answers, ',') || ']';
END`,
);

/** What the schema versions before had instead. */
export const DROP_FUNCTIONS: string = [
  'current_era',
  'take_turn',
  'tell_listeners',
  'append_known',
  'append_event',
  'append_events',
  'write_rows',
  'take_step',
  'writers_view',
  'write_reckoned',
  'write_reckoned_event',
]
  .map((name) => `DROP FUNCTION IF EXISTS {schema}.${name};`)
  .join('\n');

/**
 * Counts the attempts that were given up for lost, and begins at 1: a role that may not read it reads NULL, which is no
 * number that was known.
 */
export const REVOCATIONS = `
CREATE SEQUENCE {schema}.revocations;
SELECT pg_catalog.nextval('{schema}.revocations');`;

/** The functions of schema version 4. `{…}` stands for what depends on the schema's name. */
export const FUNCTIONS: readonly string[] = [
  CURRENT_ERA,
  TAKE_TURN,
  APPEND_KNOWN,
  APPEND_EVENTS,
  ...ROW_FUNCTIONS,
  WRITERS_VIEW,
  WRITE_RECKONED,
  WRITE_RECKONED_EVENT,
];
