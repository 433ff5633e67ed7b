-- Records that come back from quarantine.

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
