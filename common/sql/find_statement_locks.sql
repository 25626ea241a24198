-- find_statement_locks: what whoever moves a statement's state or figures has to lock (pipeline.md section 3, class 2;
-- common/locks.h): month-end, authorising.
--   $1 bigint[]  statements
-- Rows: one for each statement that there is, in their order:
--   id
--   keys, classes, numbers, shared  arrays, parameters of take_locks: exclusive the statement and its provider contract
--                                   period's earlier unpaid ones, no persons: nobody can change a declaration of it
--                                   meanwhile; shared every lead provider: a declaration shows in the list of each one
--                                   that trains its teacher, which in a month's declarations is nearly all
select moved.id, '{}'::text[] as keys, locks.classes, locks.numbers, locks.shared
  from unnest($1::bigint[]) with ordinality as wanted (id, n)
  join statements as moved on moved.id = wanted.id
 cross join lateral (
        select array_agg(class order by class, number) as classes,
               array_agg(number order by class, number) as numbers,
               array_agg(is_shared order by class, number) as shared
          from (select 2 as class, earlier.id as number, false as is_shared
                  from statements as earlier
                 where earlier.lead_provider_id = moved.lead_provider_id
                   and earlier.contract_period_year = moved.contract_period_year
                   and (earlier.id = moved.id
                        or (earlier.status <> 'paid'
                            and (earlier.year, earlier.month) < (moved.year, moved.month)))
                 union all
                select 3, provider.id, true
                  from lead_providers as provider) as lock (class, number, is_shared)) as locks
 order by wanted.n
