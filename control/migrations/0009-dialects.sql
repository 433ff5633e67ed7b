-- Dialects of files that format 1 read, in the words of the later ones.

update control.files
set dialect = json_merge_patch('{"format": "csv", "escape": "doubled", "extra": [], "missing": [], "compression": "none"}', dialect)
where dialect is not null and json_extract(dialect, '$.format') is null;
