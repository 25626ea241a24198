-- show_health: that the database answers, and which migration it has (schema_migrations is dbmate's).
--
-- Rows: one:
--   migration  the newest version; null before the first
select max(version) as migration
  from schema_migrations;
