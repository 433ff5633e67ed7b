-- Backups of tables, and what was restored from them.

-- One row per backup of a table. `droplake backup verify` reads the files.
create table control.backups (
  run_id bigint not null,        -- the command that noted it
  table_name varchar not null,
  version bigint not null,       -- of the lake, as the backup holds it
  data_run bigint not null,      -- the run that made that version
  path varchar not null,
  rows bigint not null,
  bytes bigint not null,
  codec varchar not null,        -- deflate | null | snappy | zstd
  digest varchar not null,       -- SHA-256 over the encoded rows
  made_at timestamp not null,    -- UTC
  is_gone boolean default false  -- true: the file was pruned or taken away
);

-- One row per restore: the table's rows since that run are those of the backup, and what came after it.
create table control.restores (
  run_id bigint not null,
  table_name varchar not null,
  path varchar not null,
  version bigint,                -- of the lake that the backup is of; null for a file of another program
  digest varchar not null,
  rows bigint not null,
  orphans bigint not null        -- rows that refer to nothing, loaded all the same (--force)
);
