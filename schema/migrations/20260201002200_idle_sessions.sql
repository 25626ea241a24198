-- Two processes hold locks of their sessions, beyond a transaction: the scheduler that leads the lead (pipeline.md PL-43), a
-- notifications worker the deliveries that it has in hand (section 3, class 5). One that stands still (its machine hangs, it was
-- stopped) would keep them for as long as its connection lives, and the kernel keeps that alive: nothing would be sent again, no
-- line of bulk be fed, no month end; and these deliveries would wait for it. So its session ends, and with it the locks, as a
-- transaction that stands still does (PL-22). Both ask something every second; a notifications worker that is asked to end waits
-- for its requests without, 15 s at most. Who goes on finds his session lost, and begins anew.

-- migrate:up
do $$ begin
  execute format('alter role ecf2_scheduler in database %I set idle_session_timeout = ''10s''', current_database());
  execute format('alter role ecf2_notifications in database %I set idle_session_timeout = ''30s''', current_database());
end $$;

-- migrate:down
do $$ begin
  execute format('alter role ecf2_scheduler in database %I reset idle_session_timeout', current_database());
  execute format('alter role ecf2_notifications in database %I reset idle_session_timeout', current_database());
end $$;
