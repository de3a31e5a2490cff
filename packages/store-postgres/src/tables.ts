/**
 * The tables of events. `append_place` is NULL for an event that was appended alone. The sequence is drawn from for each rebuild and each append given up for lost. It begins at 1, so that NULL, which a role without the privilege sees,
 * never equals a known number. `{schema}` is replaced by the schema's quoted name.
 */
export const EVENTS = `
CREATE TABLE {schema}.events (
  position bigint PRIMARY KEY,
  stream text COLLATE "C" NOT NULL,
  revision bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  schema_version integer NOT NULL,
  recorded_at bigint NOT NULL,
  data json NOT NULL,
  metadata json NOT NULL,
  whole_stream text COLLATE "C",
  append_place integer,
  append_count integer,
  UNIQUE (stream, revision)
);

CREATE TABLE {schema}.receipts (
  stream text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  fingerprint text NOT NULL,
  revision bigint NOT NULL,
  PRIMARY KEY (stream, key)
);

CREATE SEQUENCE {schema}.revocations;
SELECT pg_catalog.nextval('{schema}.revocations');
`;

/**
 * The tables of consumers: the checkpoint of each with its number of writes, and the heartbeats of
 * working sessions.
 */
export const CONSUMERS = `
CREATE TABLE {schema}.consumers (
  name text COLLATE "C" PRIMARY KEY,
  version bigint NOT NULL,
  session text COLLATE "C",
  run bigint,
  position numeric(51) NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE {schema}.consumer_sessions (
  session text COLLATE "C" PRIMARY KEY,
  beat bigint NOT NULL
) WITH (fillfactor = 50);
`;

/** A number unique among read models, also across copies of the tables: 56 bits of it are random. */
const RANDOM = "('x' || translate(left(gen_random_uuid()::text, 18), '-', ''))::bit(60)::bigint";

const COMMENTS = `
COMMENT ON COLUMN {schema}.read_model_rows.digest IS 'SHA-256 of the key, which may be too long for an index';
COMMENT ON COLUMN {schema}.read_models.checkpoint IS 'the last event that the rows contain: its position and id';
COMMENT ON COLUMN {schema}.read_model_entries.entry IS 'SHA-256 of the name of an index and a value';
`;

/** The tables of read models. */
export const READ_MODELS: string = `
COMMENT ON COLUMN {schema}.events.recorded_at IS 'milliseconds since 1970 in UTC';
COMMENT ON COLUMN {schema}.events.whole_stream IS 'the name of the stream, where it is too long for an index';
COMMENT ON COLUMN {schema}.events.append_count IS 'how many events were recorded together, if it was not this one alone';

CREATE TABLE {schema}.read_models (
  model bigint PRIMARY KEY DEFAULT ${RANDOM},
  name text COLLATE "C" NOT NULL,
  stage text COLLATE "C" NOT NULL CHECK (stage IN ('live', 'rebuilding', 'replaced')),
  steps bigint NOT NULL DEFAULT 0,
  checkpoint text COLLATE "C"
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX read_models_by_name ON {schema}.read_models (name, stage) WHERE stage <> 'replaced';

CREATE TABLE {schema}.read_model_rows (
  model bigint NOT NULL,
  key bytea NOT NULL,
  content json NOT NULL,
  digest bytea NOT NULL,
  PRIMARY KEY (model, digest)
) WITH (fillfactor = 80);

CREATE TABLE {schema}.read_model_entries (
  model bigint NOT NULL,
  entry bytea NOT NULL,
  key bytea NOT NULL,
  digest bytea NOT NULL,
  PRIMARY KEY (model, digest, entry)
);
CREATE UNIQUE INDEX read_model_entries_in_order
  ON {schema}.read_model_entries (model, entry, substring(key FROM 1 FOR 500), sha256(key));
${COMMENTS}`;
