-- find_moved_partnerships: partnerships under which another number of people trains since a day of the span: somebody began
-- on it, or finished on the day before (lead-provider-api.md 3.13); or that was written later than its day, then since the
-- day behind the writing: training that is resumed, split or reopened begins, or has ended, on the day on which it is
-- written or before it. But not those that have moved since.
--
--   $1 from   date  London's
--   $2 until  date  the last one
--
-- Rows, in the order of their schools: id, and moved_on, the latest such day
select partnership.id, changed.moved_on
  from (select training.school_partnership_id as id, max(day.moved_on) as moved_on
          from (select *, (updated_at at time zone 'Europe/London')::date + 1 as written_on from training_periods) as training
         cross join lateral (values (training.started_on), (training.finished_on + 1),
                                    (case when training.started_on < training.written_on then training.written_on end)) as day (moved_on)
         where training.school_partnership_id is not null
           and day.moved_on between $1::date and $2::date
         group by training.school_partnership_id) as changed
  join school_partnerships as partnership on partnership.id = changed.id
 where partnership.api_updated_at < changed.moved_on::timestamp at time zone 'Europe/London'
 order by partnership.school_id, partnership.id;
