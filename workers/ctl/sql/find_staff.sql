-- A member of staff by e-mail address.
--   $1 text
-- Rows: none or one: id, name, email, role, is_deactivated.
select id, name, email, role, deactivated_at is not null as is_deactivated from users where email = $1::citext
