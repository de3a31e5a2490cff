/**
 * What the functions that write begin and end with, in PL/pgSQL. Each of them has a parameter `lock_ms`: how long it waits
 * for other writers; null where that was said before.
 */

/** Refuses a transaction whose statements don't look anew: after the lock it would see what was there before. */
const DEMAND_READ_COMMITTED = `
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'an append needs a transaction at READ COMMITTED' USING ERRCODE = 'LP002';
  END IF;`;

/**
 * Takes the turn of a writer, which ends with its transaction: the lock is had before any position is drawn, so that
 * positions become visible in their order (ADR 0011). What follows sees all that was committed before, because each
 * statement of a volatile function looks anew at READ COMMITTED, and only there.
 */
const BEGIN_TURN = `${DEMAND_READ_COMMITTED}
  IF lock_ms IS NOT NULL AND (this_attempt <> '' OR before = '0') THEN
    lock_ms := set_config('lock_timeout', lock_ms, true);
  END IF;
  PERFORM pg_advisory_xact_lock({append_lock});
  IF this_attempt = '' THEN
    before := set_config('lock_timeout', before, true);
  END IF;`;

/**
 * How long a writer's memory holds: till an attempt is given up for lost, which may be the one that is on its way, and till
 * the server was started anew or is another one, which need not have all that this process wrote. A sequence is no part of a
 * transaction: after the lock it is what it was when the last turn ended.
 */
export const ERA =
  "pg_sequence_last_value('{schema}.revocations') || ' ' || (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint";

/**
 * {@link BEGIN_TURN} for what was made ready before: answers when it was in another {@link ERA}. It does not wait, since the clock
 * was read before it, and who waits finds that others wrote. In expressions: a query would be a quarter of the time of such a
 * function.
 */
export const BEGIN_KNOWN_TURN: string = `${DEMAND_READ_COMMITTED}
  IF NOT pg_try_advisory_xact_lock({append_lock}) THEN
    RETURN 'others write';
  END IF;
  IF ${ERA} IS DISTINCT FROM known_era THEN
    RETURN 'given up for lost, or another server';
  END IF;`;

/** What {@link INSERT_AT_PLACE} needs to be given, behind the time to wait for other writers. */
export const KNOWN_EVENT = `known_era text, place bigint, stream text, whole text, revision bigint,
  at bigint, id text, type text, version integer, data json, metadata json`;

/** Writes the event to the place it must have if nobody wrote meanwhile. */
export const INSERT_AT_PLACE = `
  INSERT INTO {schema}.events VALUES (place, stream, revision, id, type, version, at, data, metadata, whole)
    ON CONFLICT (position) DO NOTHING;
  IF NOT FOUND THEN
    RETURN 'others wrote';
  END IF;`;

/** Tells who listens that there is more, at the commit. Listeners hold the lock shared; without any, nothing is sent. */
export const TELL_LISTENERS: string = `
  IF NOT pg_try_advisory_xact_lock({listen_lock}) THEN
    PERFORM pg_notify({channel}, '');
  END IF;`;

/** A function in PL/pgSQL of the schema. What the role has in its path can't take the place of what is meant in it. */
export function plpgsql(signature: string, body: string): string {
  return `CREATE FUNCTION {schema}.${signature} LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $function$\n${body.trim()}\n$function$;`;
}

/**
 * A turn by itself, for a writer who then looks around in it. Without a name of the attempt it is in a caller's transaction: a
 * time-out of his own is left as it is, and one of the store's does not last.
 */
export const TAKE_TURN: string = plpgsql(
  'take_turn(lock_ms text, this_attempt text) RETURNS void',
  `DECLARE
  before text := current_setting('lock_timeout');
BEGIN ${BEGIN_TURN}
  IF EXISTS (SELECT FROM {schema}.revoked_attempts WHERE attempt = this_attempt) THEN
    RAISE EXCEPTION 'this attempt was given up for lost' USING ERRCODE = 'LP001';
  END IF;
END`,
);
