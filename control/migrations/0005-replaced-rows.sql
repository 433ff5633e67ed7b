-- Rows that later records have replaced.

-- One row per run, table and upload: so many rows of that upload have gone out of the table because records of the run took their
-- place (onConflict: update).
create table control.replaced_rows (
  run_id bigint not null,
  table_name varchar not null,
  file_id varchar not null,      -- the upload that had brought the rows
  rows bigint not null
);
