-- What everything else stands on: extensions, the text search configuration, the time inside an id.

-- migrate:up
create extension if not exists btree_gist; -- exclusion constraints that mix "=" and "&&"
create extension if not exists citext;     -- e-mail addresses, names of delivery partners
create extension if not exists pg_trgm;
create extension if not exists unaccent;

-- Names are looked for without regard to accents: "Zoë" is found by "zoe".
create text search configuration unaccented (copy = simple);
alter text search configuration unaccented
  alter mapping for hword, hword_part, word with unaccent, simple;
comment on text search configuration unaccented is 'data-model.md §1: simple, with unaccent first';

-- The first 48 bits of a version 7 UUID are milliseconds since 1970. The quotient is exact to the microsecond: near 2026 a
-- double has 0.24 µs between neighbours.
create function uuid_v7_time(id uuid) returns timestamptz
  language sql immutable strict parallel safe
  return to_timestamp(('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint::double precision / 1000);
comment on function uuid_v7_time(uuid) is 'PL-1: accepted_at is the millisecond in the id, so that the id alone finds the partition';

-- A new one, where a row that is written in passing needs an id that tells its partition.
create function uuid_v7() returns uuid
  language sql volatile parallel safe
  return (lpad(to_hex(floor(extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
          || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid;

-- The days from the first to the last, both included; no last day = open (DM-4). For days in the wrong order it is empty
-- instead of an error, so that the row is refused by the table's own check, under its name.
create function closed_period(started_on date, finished_on date) returns daterange
  language sql immutable parallel safe
  return case when finished_on < started_on then 'empty'::daterange else daterange(started_on, finished_on, '[]') end;

-- For triggers whose WHEN says it all: refuses, with the trigger's name as the constraint's and its argument as the reason.
create function refuse_change() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  raise exception using errcode = '23514', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
    message = format('%s: %s', tg_table_name, tg_argv[0]);
end $$;

-- migrate:down
drop function refuse_change();
drop function closed_period(date, date);
drop function uuid_v7();
drop function uuid_v7_time(uuid);
drop text search configuration unaccented;
drop extension unaccent;
drop extension pg_trgm;
drop extension citext;
drop extension btree_gist;
