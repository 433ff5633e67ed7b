// What a check may be made of. Everything else is refused: a function that DuckDB gets tomorrow, too. A test holds the lists
// against DuckDB's own: each function but the macro is a scalar one whose result depends on its arguments alone.

/** Not among them, though scalar: what makes long texts of short ones (repeat, lpad, printf), and what reads settings. */
const FUNCTIONS = `
  + - * / // % ** ^ || ~~ !~~ ~~* !~~* ~~~ ->> @> ^@
  abs add cbrt ceil ceiling divide even exp floor gcd greatest isfinite isinf isnan lcm least ln log log10 log2 mod multiply
  pi pow power round sign sqrt subtract trunc
  ascii char_length character_length chr concat concat_ws contains ends_with ilike_escape instr lcase left len length
  like_escape lower ltrim nfc_normalize not_ilike_escape not_like_escape ord position prefix regexp_extract
  regexp_full_match regexp_matches regexp_replace replace reverse right rtrim starts_with strip_accents strlen strpos substr
  substring suffix translate trim ucase unicode upper
  century date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname dayofmonth dayofweek
  dayofyear decade epoch epoch_ms hour isodow isoyear julian last_day make_date make_time make_timestamp microsecond
  millisecond minute month monthname quarter second strftime strptime to_days to_decades to_hours to_microseconds
  to_milliseconds to_minutes to_months to_quarters to_seconds to_weeks to_years try_strptime week weekday weekofyear year
  yearweek
  json_array_length json_contains json_exists json_extract json_extract_string json_keys json_type json_valid json_value
  list_contains list_value`

/** Macros of DuckDB; this one is `case when a = b then null else a end`. */
const MACROS = 'nullif'

export const ALLOWED_FUNCTIONS = words(FUNCTIONS)
export const ALLOWED_CALLS: ReadonlySet<string> = new Set([...ALLOWED_FUNCTIONS, ...words(MACROS)])

/** Kinds of expressions, the `class` of DuckDB's syntax tree; of an OPERATOR the `type` says which it is. */
export const ALLOWED_EXPRESSIONS = words(
  'BETWEEN CASE CAST COLUMN_REF COMPARISON CONJUNCTION CONSTANT FUNCTION PARAMETER',
)
export const ALLOWED_OPERATORS = words(`
  COMPARE_IN COMPARE_NOT_IN OPERATOR_COALESCE OPERATOR_IS_NULL OPERATOR_IS_NOT_NULL OPERATOR_NOT ARRAY_EXTRACT ARRAY_SLICE`)

/** Types that a value may be cast to; JSON, which comes from an extension, beside them. */
export const ALLOWED_TYPES = words(`
  BOOLEAN TINYINT SMALLINT INTEGER BIGINT HUGEINT FLOAT DOUBLE DECIMAL VARCHAR DATE TIME TIMESTAMP INTERVAL UUID`)

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/))
}
