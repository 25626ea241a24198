-- show_declaration_rows: what is shown of declarations, whoever may see them: of those that list_declarations found.
--
--   $1 ids  bigint[]
--
-- Rows: one for each, oldest first as list_declarations has them: the columns of the view declaration_resources. Planned
-- once: planning a join of eight tables takes longer than a hundred look-ups in them.
select resource.*
  from declaration_resources as resource
 where resource.id = any ($1::bigint[])
 order by resource.created_us, resource.id;
