-- find_overdue_statements: open output statements whose deadline has passed, in the order in which they become payable
-- (payments.md 3.4: oldest deadline first, then id), each with the locks that this takes (pipeline.md section 3).
--
--   $1 today  date  London's, of business time
--
-- Rows:
--   id
--   classes, numbers, shared  arrays, parameters of take_locks: exclusive on the statement and its provider contract
--                             period's earlier unpaid ones; shared on every lead provider: a declaration shows in the
--                             list of each one that trains its teacher, which in a month's declarations is nearly all
select overdue.id, locks.classes, locks.numbers, locks.shared
  from statements as overdue
 cross join lateral (
        select array_agg(class order by class, number) as classes,
               array_agg(number order by class, number) as numbers,
               array_agg(is_shared order by class, number) as shared
          from (select 2 as class, earlier.id as number, false as is_shared
                  from statements as earlier
                 where earlier.lead_provider_id = overdue.lead_provider_id
                   and earlier.contract_period_year = overdue.contract_period_year
                   and (earlier.id = overdue.id
                        or (earlier.status <> 'paid'
                            and (earlier.year, earlier.month) < (overdue.year, overdue.month)))
                 union all
                select 3, provider.id, true
                  from lead_providers as provider) as lock (class, number, is_shared)) as locks
 where overdue.status = 'open'
   and overdue.fee_type = 'output'
   and overdue.deadline_date < $1::date
 order by overdue.deadline_date, overdue.id;
