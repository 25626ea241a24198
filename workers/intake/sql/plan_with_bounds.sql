-- plan_with_bounds: in this transaction statements are planned with their parameters, so that bounds of accepted_at leave
-- all other partitions alone (pipeline.md PL-36). Not for inserts: those touch only the partitions that rows go to,
-- and one plan serves all of them.
--
-- Rows: one, of no interest.
select set_config('plan_cache_mode', 'force_custom_plan', /* is_local */ true);
