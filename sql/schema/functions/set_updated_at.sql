-- Keeps "updatedAt", whoever writes the row: the application, a job or a hand in psql.
-- now() is the time of the transaction, as in the columns' defaults, so that rows changed together carry one time.
CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."updatedAt" := now();
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION set_updated_at() IS 'Trigger: sets "updatedAt" to the time of the transaction that changes the row';
