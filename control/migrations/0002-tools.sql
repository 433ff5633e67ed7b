-- Runs of commands (rollback, compact, vacuum, repair), and what they did to the history.

-- Which command the run was.
alter table control.runs add column command varchar default 'run';

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
