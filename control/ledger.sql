-- The control tables: what every run did, with every upload and every data file. Grain: stated at each table.
create schema ods;
create schema dw;
create schema app;
create schema quarantine;
create schema control;

-- One row per migration that the lake has, by its name (control/migrations/).
create table control.migrations (
  name varchar not null
);

-- One row: what this lake is.
create table control.lake (
  format integer not null,       -- layout of the files on disk (control/ledger.ts)
  name varchar not null,
  version bigint not null,
  root varchar not null,         -- absolute path that the views point into
  contracts varchar not null     -- JSON: columns, types and key of every table, as the last run had them; and its contracts by run
);

-- One row per run.
create table control.runs (
  run_id bigint not null,
  version bigint not null,       -- the version that the lake had after the run
  status varchar not null,       -- committed | failed | interrupted | rolled_back
  started_at timestamp not null, -- UTC
  ended_at timestamp,
  files bigint not null,
  refused bigint not null,
  duplicates bigint not null,
  records bigint not null,
  loaded bigint not null,
  updated bigint not null,
  unchanged bigint not null,
  quarantined bigint not null,
  error varchar,
  droplake_version varchar not null,
  config_hash varchar not null,
  command varchar default 'run'  -- run | rollback … | compact … | vacuum … | repair
);

-- One row per rollback and run that it undid. The run's uploads are not in the versions [undone_in, redone_in).
create table control.undone_runs (
  run_id bigint not null,
  undone_in bigint not null,
  redone_in bigint               -- null while it is undone
);

-- One row per vacuum. Versions before the largest oldest_version can no longer be read.
create table control.vacuums (
  run_id bigint not null,
  oldest_version bigint not null,
  files bigint not null,
  bytes bigint not null
);

-- One row per upload. records = loaded + updated + unchanged + quarantined.
create table control.files (
  file_id varchar not null,
  run_id bigint not null,
  name varchar not null,
  table_name varchar,
  bytes bigint,
  sha256 varchar,
  outcome varchar not null,      -- loaded | duplicate | refused | restored (rows that a restore brought, by the file they come from)
  records bigint not null,
  blank bigint not null,
  loaded bigint not null,
  updated bigint not null,
  unchanged bigint not null,
  quarantined bigint not null,
  duplicate_of varchar,          -- file_id of the upload with the same content
  dialect varchar,               -- JSON: how the bytes were read
  reason varchar                 -- refused: the code, what was found, what was expected
);

-- One row per run, file whose records were judged again out of quarantine, and upload that corrected them.
create table control.returns (
  run_id bigint not null,
  table_name varchar not null,
  file_id varchar not null,      -- the file that they came with at first
  by_file_id varchar,            -- the upload that corrected them; null: they waited, or were tried again on demand
  loaded bigint not null,
  updated bigint not null,
  unchanged bigint not null,
  quarantined bigint not null,
  new_entries bigint not null    -- of the quarantined: those with other reasons or values than before
);

-- One row per step of a run.
create table control.steps (
  run_id bigint not null,
  stage varchar not null,        -- ods | dw | app
  target varchar not null,       -- file, table or mart
  rows_in bigint not null,
  rows_out bigint not null,
  duration_ms bigint not null
);

-- One row per run, table and rule that a record broke.
create table control.rule_results (
  run_id bigint not null,
  table_name varchar not null,
  rule varchar not null,
  severity varchar default 'quarantine', -- quarantine | warn (the record is loaded) | refuse (so is its file)
  records bigint not null,
  example_file varchar not null,
  example_line bigint not null
);

-- One row per run and table whose contract says how old its newest row may be.
create table control.freshness (
  run_id bigint not null,
  table_name varchar not null,
  column_name varchar not null,
  newest varchar,                -- null: no value
  age_seconds bigint,            -- at the run's start
  max_age_seconds bigint not null,
  is_fresh boolean not null
);

-- One row per run, table and upload: so many rows of that upload have gone out of the table because records of the run took their
-- place (onConflict: update).
create table control.replaced_rows (
  run_id bigint not null,
  table_name varchar not null,
  file_id varchar not null,      -- the upload that had brought the rows
  rows bigint not null
);

-- One row per data file and range of versions [added_in, removed_in) in which it is live; a rollback makes another range.
create table control.data_files (
  path varchar not null,         -- relative to the lake folder
  layer varchar not null,        -- ods | dw | replaced | closed | app | rejects | outcomes
  table_name varchar not null,
  run_id bigint not null,
  rows bigint not null,
  bytes bigint not null,
  sha256 varchar not null,
  fingerprint varchar,           -- app: hash of the SQL, its parameters and the files it read
  added_in bigint not null,
  removed_in bigint
);

-- One row per data file of a mart and table or mart that it was made of.
create table control.mart_inputs (
  path varchar not null,         -- as in control.data_files
  input varchar not null         -- dw.<table> | app.<mart>
);

-- One row per run, mart and test that was made.
create table control.mart_tests (
  run_id bigint not null,
  mart_name varchar not null,
  test varchar not null,         -- unique:… | not_null:… | row_count | sql:…
  failing_rows bigint not null,  -- 0: it holds
  found varchar,                 -- failing: a sentence
  example varchar                -- failing: JSON of the first row
);

-- One row per run and mart: what became of it.
create table control.mart_results (
  run_id bigint not null,
  mart_name varchar not null,
  outcome varchar not null,      -- new | unchanged | held_back: the version before stays
  reason varchar                 -- held_back: the tests that failed, or the mart that it reads and that was held back
);

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
