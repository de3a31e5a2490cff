/** The tables of schema version 1. `{schema}` stands for the schema's quoted name. */
export const TABLES = `
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
  UNIQUE (stream, revision)
);
COMMENT ON COLUMN {schema}.events.recorded_at IS 'milliseconds since 1970 in UTC';
COMMENT ON COLUMN {schema}.events.whole_stream IS 'the name of the stream, where it is too long for an index';

CREATE TABLE {schema}.receipts (
  stream text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  fingerprint text NOT NULL,
  revision bigint NOT NULL,
  PRIMARY KEY (stream, key)
);

CREATE TABLE {schema}.revoked_attempts (
  attempt text COLLATE "C" PRIMARY KEY,
  revoked_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE {schema}.revoked_attempts IS 'attempts to append that were given up for lost and must not be done late';

CREATE TABLE {schema}.read_models (
  model bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  stage text COLLATE "C" NOT NULL CHECK (stage IN ('live', 'rebuilding', 'replaced')),
  checkpoint numeric(39),
  steps bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX read_models_by_name ON {schema}.read_models (name, stage) WHERE stage <> 'replaced';

CREATE TABLE {schema}.read_model_rows (
  model bigint NOT NULL,
  key bytea NOT NULL,
  content json NOT NULL
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX read_model_rows_by_key ON {schema}.read_model_rows (model, sha256(key));

CREATE TABLE {schema}.read_model_entries (
  model bigint NOT NULL,
  entry bytea NOT NULL,
  key bytea NOT NULL
);
COMMENT ON COLUMN {schema}.read_model_entries.entry IS 'SHA-256 of the name of an index and a value';
CREATE UNIQUE INDEX read_model_entries_in_order
  ON {schema}.read_model_entries (model, entry, substring(key FROM 1 FOR 500), sha256(key));
CREATE INDEX read_model_entries_by_key ON {schema}.read_model_entries (model, sha256(key));
`;

/**
 * Counts the appends that were given up for lost, and begins at 1: a role that may not read it reads NULL, which is no number
 * that was known.
 */
export const REVOCATIONS = `
CREATE SEQUENCE {schema}.revocations;
SELECT pg_catalog.nextval('{schema}.revocations');`;

/**
 * Since schema version 4 an event says which of how many of its append it is (those before it, and single ones, say nothing), and
 * which read models the same transaction kept: the last event says so for all.
 */
export const COLUMNS_OF_VERSION_4 = `
ALTER TABLE {schema}.events
  ADD COLUMN append_place integer, ADD COLUMN append_count integer, ADD COLUMN kept bigint[];
COMMENT ON COLUMN {schema}.events.append_count IS 'how many events were recorded together, if it was not this one alone';
COMMENT ON COLUMN {schema}.events.kept IS 'the read models whose rows were changed in the same transaction, or needed no change';
`;

/**
 * Since schema version 5 a checkpoint says which event it stands for: in 40 bits behind the place. Rows of before are kept anew from the
 * first event.
 */
export const CHECKPOINTS_OF_VERSION_5 = `
ALTER TABLE {schema}.read_models ALTER COLUMN checkpoint TYPE numeric(51);
UPDATE {schema}.read_models SET stage = 'replaced' WHERE stage <> 'replaced';
`;
