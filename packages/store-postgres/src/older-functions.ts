import { plpgsql } from './plpgsql.js';

/**
 * The functions that programs of versions 10 to 12 call, with the names and parameters that those programs know. Each
 * calls the function of this version, so that all programs write the same way.
 */
export const FUNCTIONS_OF_OLDER_PROGRAMS: readonly string[] = [
  plpgsql('placed_v10(at numeric) RETURNS text', 'BEGIN RETURN {schema}.find_event_at_v13(at); END'),
  plpgsql(
    `look_v10(lock_ms text, streams text[], receipt_streams text[], receipt_keys text[],
  models text[], row_models text[], row_keys bytea[]) RETURNS TABLE (what text, name text, a text, b text, c text)`,
    `BEGIN
  RETURN QUERY SELECT CASE found.kind WHEN 'stream' THEN 'end' ELSE found.kind END, found.name, found.value_1, found.value_2, found.value_3
    FROM {schema}.lock_and_look_up_v13(${firstParameters(7)}) AS found;
END`,
  ),
  // The last parameter is for programs of version 9: the checkpoints that they read in another column.
  plpgsql(
    `append_v10(known_era text, not_after bigint, known_head text, keeps bigint[], streams text[], revisions bigint[], ids text[],
  types text[], times bigint[], data text, metadata text, places integer[], counts integer[], versions integer[], wholes text[],
  row_models bigint[], gone integer, row_keys bytea[], contents text, entering bytea[], leaving bytea[], receipts json, dropped json)
  RETURNS text`,
    `BEGIN RETURN {schema}.append_v13(${firstParameters(22)}); END`,
  ),
  // Those programs know another text for lost steps.
  plpgsql(
    `take_step_v10(this_model bigint, expected numeric, reached numeric, gone integer, row_keys bytea[], contents text,
  entering bytea[], leaving bytea[], stands_on numeric[], slices bigint) RETURNS text`,
    `BEGIN RETURN replace({schema}.advance_read_model_v13(${firstParameters(10)}), 'steps lost', 'slices lost'); END`,
  ),
  plpgsql(
    'keep_count_v12(this_model bigint, this_entry bytea, before bigint) RETURNS boolean',
    `BEGIN RETURN {schema}.store_row_count_v13(${firstParameters(3)}); END`,
  ),
];

function firstParameters(count: number): string {
  return Array.from({ length: count }, (_, index) => `$${index + 1}`).join(', ');
}
