-- plan_with_bounds: in this transaction statements are planned with their parameters, so that bounds of accepted_at leave
-- all other partitions alone (pipeline.md PL-36). Not for the other reads: planning them takes longer than running them
-- [a declaration: 2.7 ms against 0.7 ms], and one plan serves all.
--
-- Rows: one, of no interest.
select set_config('plan_cache_mode', 'force_custom_plan', /* is_local */ true);
