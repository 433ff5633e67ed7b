-- What a broken rule does to a record, and how old tables are.

-- quarantine | warn (the record is loaded) | refuse (so is its file)
alter table control.rule_results add column severity varchar default 'quarantine';

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
