import { literal, type Sql, sql } from './sql.ts'

// A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula, and runs it. An
// apostrophe before it makes it text. What has apostrophes before such a character gets one more, so that taking one away
// always gives back what was there. A number is no formula and stays one.
const FORMULA = "^'*[=+\\-@\\t\\r]"
const DEFUSED = "^'+[=+\\-@\\t\\r]"
const NUMBER = '^[-+]?[0-9]+([.,][0-9]+)?([eE][-+]?[0-9]+)?$'

/** SQL for a text as a spreadsheet may see it; RE2 and JavaScript read the patterns alike. */
export function defused(text: Sql): Sql {
  return sql`case
    when regexp_matches(${text}, ${literal(FORMULA)}) and not regexp_matches(${text}, ${literal(NUMBER)}) then '''' || ${text}
    else ${text} end`
}

/** SQL for the text that `defused` was given. */
export function undefused(text: Sql): Sql {
  return sql`case when regexp_matches(${text}, ${literal(DEFUSED)}) then substr(${text}, 2) else ${text} end`
}

/** `defused`, for a text in hand. */
export function defuseText(text: string): string {
  return new RegExp(FORMULA).test(text) && !new RegExp(NUMBER).test(text) ? `'${text}` : text
}
