-- Which migrations a lake has.

-- One row per migration that the lake has, by its name.
create table control.migrations (
  name varchar not null
);
