import { type Sql, sql } from '../../core/sql.ts'

/**
 * A relation of when each file of the lake came: `_file_id`, `_came_in` (its run) and `_came_as` (its name). Records count in this order,
 * then in that of their lines. A file that a rollback has undone may have come again, in a later run and under another name; one
 * that only a restore knows came with it.
 */
export const FILE_ORIGINS: Sql = sql`(
    select
      file_id as _file_id, arg_max(run_id, (outcome = 'loaded', run_id)) as _came_in, arg_max(name, (outcome = 'loaded', run_id)) as _came_as
    from lake.control.files semi join (select run_id from lake.control.runs where status = 'committed') using (run_id)
    where outcome in ('loaded', 'restored')
    group by file_id)`
