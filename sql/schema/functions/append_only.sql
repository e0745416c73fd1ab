-- For tables that are accounts of what happened. A mistake is corrected by a further row, which shows who corrected it,
-- when and why. The trigger's arguments are the columns that may be filled in later. TRUNCATE is the owner's alone, by
-- privilege; a whole month leaves by detach_partitions().
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% of row % in "%" refused: the table is append-only, correct it by a further row',
      TG_OP, OLD.id, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation',
      HINT = format('Only these columns may change: %s.', array_to_string(TG_ARGV, ', '));
END
$$;
COMMENT ON FUNCTION append_only() IS
  'Trigger: refuses DELETE, and UPDATE of any column that is not among the trigger''s arguments';
