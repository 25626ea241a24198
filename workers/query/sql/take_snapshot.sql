-- take_snapshot: fixes what a repeatable read transaction sees, so that locks need not be held longer (pipeline.md PL-23).
select 1;
