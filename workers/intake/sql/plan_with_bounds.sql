-- plan_with_bounds: from now on this session plans statements with their parameters, so that bounds of accepted_at leave
-- all other partitions alone (pipeline.md PL-36). Run once after connecting.
--
-- Rows: one, of no interest.
select set_config('plan_cache_mode', 'force_custom_plan', /* is_local */ false);
