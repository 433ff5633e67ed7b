import { literal, type Sql, sql } from './sql.ts'

// A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula, and runs it. An
// apostrophe before it makes it text. What has apostrophes before such a character gets one more, so that taking one away
// always gives back what was there. A number is no formula and stays one.

/** What follows the digits behind a sign when the cell is no number such as -5, +1.5, -2,5 or -1e-3. */
const NO_NUMBER =
  '[^0-9.,eE]|[.,](?:$|[^0-9]|[0-9]+[^0-9eE])|(?:[.,][0-9]+)?[eE](?:$|[^-+0-9]|[-+](?:$|[^0-9])|[-+]?[0-9]+[^0-9])'

/** One pattern: for two of them per cell the engine took a minute to plan a table of 2,000 columns (2026-11). */
const FORMULA = `^(?:'*[=@\\t\\r]|'+[-+]|[-+](?:$|[^0-9]|[0-9]+(?:${NO_NUMBER})))`
const DEFUSED = "^'+[=+\\-@\\t\\r]"

/** SQL for a text as a spreadsheet may see it; RE2 and JavaScript read the patterns alike. */
export function defused(text: Sql): Sql {
  return sql`case when regexp_matches(${text}, ${literal(FORMULA)}) then '''' || ${text} else ${text} end`
}

/** SQL for the text that `defused` was given. */
export function undefused(text: Sql): Sql {
  return sql`case when regexp_matches(${text}, ${literal(DEFUSED)}) then substr(${text}, 2) else ${text} end`
}

/** `defused`, for a text in hand. */
export function defuseText(text: string): string {
  return new RegExp(FORMULA).test(text) ? `'${text}` : text
}
