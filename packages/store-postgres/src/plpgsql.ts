/**
 * A function of the schema. What the role has in its path can't take the place of what is meant in it. A plan is made once for a
 * connection, when a table may hold next to nothing, and stays while it grows: so single rows of many are found by their indexes.
 */
export function plpgsql(signature: string, body: string): string {
  return `CREATE OR REPLACE FUNCTION {schema}.${signature} LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $function$\n${body.trim()}\n$function$;`;
}
