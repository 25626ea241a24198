-- Who could not become eligible (event teacher_funding_eligibility_not_set) and still is not (declarations.md 5).
-- Rows, longest first: teacher_id, api_id, role, since, reason, declarations (how many waited then).
select told.teacher_id, teacher.api_id, told.role, told.since, told.reason, told.declarations
  from (select distinct on (teacher_id, metadata ->> 'role')
               teacher_id, (metadata ->> 'role')::participant_role as role, metadata ->> 'reason' as reason,
               jsonb_array_length(metadata -> 'declarations') as declarations,
               min(happened_at) over (partition by teacher_id, metadata ->> 'role') as since
          from events
         where event_type = 'teacher_funding_eligibility_not_set'
           and teacher_id is not null
         order by teacher_id, metadata ->> 'role', created_at desc, id desc) as told
  join teachers as teacher on teacher.id = told.teacher_id
  join training_records as record on record.teacher_id = told.teacher_id and record.role = told.role
 where record.first_became_eligible_for_training_at is null
 order by told.since, told.teacher_id
