-- list_transfers: which participants are on a page of those with transfers that involve a lead provider
-- (lead-provider-api.md 3.12, 6).
--
--   $1 lead_provider_id  bigint       who asks
--   $2 updated_since     timestamptz  a first or last training of a school period, with this provider, stamped then or later;
--                                     null = always
--   $3 sort, $4 then     text         created_at or updated_at, both of the person (3.6, number 4), with "-" before it
--                                     descending; null = no more
--   $5 skip, $6 take     bigint
--
-- Rows: id of the teacher, at most $6, in their order; those of one instant by id.
--
-- Planned with its parameters (DB_PLAN_WITH_BOUNDS), see list_participants.
select status.teacher_id as id
  from teacher_provider_status as status
  join teachers as teacher on teacher.id = status.teacher_id
 where status.lead_provider_id = $1::bigint
   and status.involved_in_school_transfer
   and ($2::timestamptz is null
        or status.teacher_id in (select training.teacher_id
                                   from training_periods as training
                                  where training.lead_provider_id = $1::bigint
                                    and training.api_transfer_updated_at >= $2::timestamptz
                                    and (not exists (select
                                                       from training_periods as earlier
                                                      where earlier.school_period_id = training.school_period_id
                                                        and earlier.started_on < training.started_on)
                                         or not exists (select
                                                          from training_periods as later
                                                         where later.school_period_id = training.school_period_id
                                                           and later.started_on > training.started_on))))
 order by case $3::text when 'created_at' then status.teacher_created_at when 'updated_at' then teacher.api_updated_at end,
          case $3::text when '-created_at' then status.teacher_created_at when '-updated_at' then teacher.api_updated_at end desc,
          case $4::text when 'created_at' then status.teacher_created_at when 'updated_at' then teacher.api_updated_at end,
          case $4::text when '-created_at' then status.teacher_created_at when '-updated_at' then teacher.api_updated_at end desc,
          status.teacher_id
offset $5::bigint
 limit $6::bigint;
