-- Format 3: what marts read, what their tests said, and which were held back.

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

-- One row per run and mart whose new version was not published: the one before stayed.
create table control.held_marts (
  run_id bigint not null,
  mart_name varchar not null,
  reason varchar not null        -- the tests that failed, or the mart that it reads and that was held back
);
