-- What marts read, what their tests said, and what became of them.

-- One row per data file of a mart and table or mart that it was made of.
create table if not exists control.mart_inputs (
  path varchar not null,         -- as in control.data_files
  input varchar not null         -- dw.<table> | app.<mart>
);

-- One row per run, mart and test that was made.
create table if not exists control.mart_tests (
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

-- The first form of this migration made it, and the two tables above.
drop table if exists control.held_marts;
