-- allow_long_statements: in this transaction a statement may take five minutes: a month's declarations are tens of
-- thousands of rows, moved together. Locks are still waited for two seconds only.
--
-- Rows: one, of no interest.
select set_config('statement_timeout', '5min', /* is_local */ true);
