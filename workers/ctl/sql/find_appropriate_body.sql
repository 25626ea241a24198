-- An appropriate body by its name.
--   $1 text
-- Rows: none or one: id.
select id from appropriate_bodies where name = $1::text
