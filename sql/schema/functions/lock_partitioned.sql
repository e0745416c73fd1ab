-- ATTACH and DETACH lock several tables, each with a wait of its own, while other transactions queue behind what is
-- locked already. So all is locked here beforehand, within one budget: the caller's lock_timeout, but 2 s at most.
-- Afterwards ATTACH and DETACH find every lock that they need, and wait for nothing.
--
-- In this order, the same for every caller:
-- 1. the tables that are partitioned. For ATTACH that holds up nobody but another of these functions.
-- 2. the tables that they refer to, since the foreign keys are cloned or cut off: holds up their writers, not readers.
-- 3. the DEFAULT partitions: holds up queries that cannot rule them out, and rows for months that do not exist.
-- 4. the partitions that are to be detached.
-- A transaction that locks two of them the other way round makes a deadlock. Who waits looks for one once, after
-- deadlock_timeout (1 s): this function nearly always looks first, since it has waited for longer, and then gives up.
CREATE FUNCTION lock_partitioned(parents regclass[], mode text, partitions regclass[] DEFAULT '{}')
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  callers text := current_setting('lock_timeout');
  budget integer := least(nullif((SELECT setting::integer FROM pg_settings WHERE name = 'lock_timeout'), 0), 2000);
  deadline timestamptz := clock_timestamp() + budget * interval '1 millisecond';
  target regclass;
  needed text;
  holders text;
BEGIN
  FOR target, needed IN
    SELECT relation::regclass, strength
    FROM (
      SELECT parent::oid, mode, 1 FROM unnest(parents) parent
      UNION SELECT confrelid, 'SHARE ROW EXCLUSIVE', 2
        FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY (parents)
      UNION SELECT partdefid, 'ACCESS EXCLUSIVE', 3
        FROM pg_partitioned_table WHERE partrelid = ANY (parents) AND partdefid <> 0
      UNION SELECT part::oid, 'ACCESS EXCLUSIVE', 4 FROM unnest(partitions) part
    ) AS locks (relation, strength, step)
    ORDER BY step, relation
  LOOP
    -- Who is in the way is asked before: in the end it might be somebody who has queued behind this.
    holders := (
      SELECT string_agg(DISTINCT pid::text, ', ') FROM pg_locks locks
      WHERE relation = target AND granted AND pid <> pg_backend_pid()
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (needed = 'ACCESS EXCLUSIVE' OR locks.mode NOT IN ('AccessShareLock', 'RowShareLock'))
    );
    -- 0 would be "for ever". A lock that is free is had in any time.
    PERFORM set_config('lock_timeout',
      greatest(1, ceil(extract(epoch FROM deadline - clock_timestamp()) * 1000))::text, true);
    EXECUTE format('LOCK TABLE ONLY %s IN %s MODE', target, needed);
  END LOOP;
  PERFORM set_config('lock_timeout', callers, true);
EXCEPTION
  WHEN lock_not_available OR deadlock_detected THEN
    RAISE EXCEPTION 'no lock on % within % ms, held by process %: run it again when that has ended',
        target, budget, coalesce(holders, 'unknown')
      USING ERRCODE = 'lock_not_available',
        HINT = 'Nothing was changed. pg_stat_activity shows what the process does.';
END
$$;
COMMENT ON FUNCTION lock_partitioned(regclass[], text, regclass[]) IS
  'Locks partitioned tables, and all that ATTACH or DETACH of their partitions will lock, within 2 seconds';
