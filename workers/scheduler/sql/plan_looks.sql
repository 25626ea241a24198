-- plan_looks: how this session plans. Run once after connecting.
--
-- Statements are planned with their parameters, so that bounds of accepted_at leave all other partitions alone
-- (pipeline.md PL-36). Looking for what is undecided compares two indexes of the same order: a merge of the two reads
-- each once, without sorting or temporary files [600 000 submissions of a minute, all but 136 decided: 0.2 s; nested
-- loops 1.7 s on three processes, bitmap and sort 0.6 s]. It leaves the other processors to the workers.
--
-- Rows: one, of no interest.
select set_config('plan_cache_mode', 'force_custom_plan', /* is_local */ false),
       set_config('enable_mergejoin', 'on', false),
       set_config('enable_bitmapscan', 'off', false),
       set_config('max_parallel_workers_per_gather', '0', false);
