/**
 * A function of the schema, with a fixed search_path, so that objects of the role's path can't replace those meant.
 * Plans are cached for a connection while tables may still be small, so single rows must be found by their indexes.
 */
export function plpgsql(signature: string, body: string): string {
  return `CREATE OR REPLACE FUNCTION {schema}.${signature} LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $function$\n${body.trim()}\n$function$;`;
}
