SET LOCAL lock_timeout = '5s';

CREATE INDEX "Event_kind_idx" ON "Event" (kind);
