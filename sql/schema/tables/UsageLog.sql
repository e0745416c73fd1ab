-- Partitioned by month, as "CreditTransaction" is. The sequence serves all months, so that an id is in one only.
CREATE TABLE "UsageLog" (
  id bigserial,
  -- RESTRICT: billing and audit hang on it.
  "userId" uuid NOT NULL CONSTRAINT "UsageLog_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  -- RESTRICT: it says what was billed.
  "generationRequestId" uuid
    CONSTRAINT "UsageLog_generationRequestId_fkey" REFERENCES "GenerationRequest" (id) ON DELETE RESTRICT,
  -- RESTRICT: it says who acted. A client is deactivated instead.
  "apiClientId" uuid CONSTRAINT "UsageLog_apiClientId_fkey" REFERENCES "APIClient" (id) ON DELETE RESTRICT,
  "actionType" varchar(50) NOT NULL,
  details jsonb NOT NULL DEFAULT '{}' CONSTRAINT "UsageLog_details_check" CHECK (jsonb_typeof(details) = 'object'),
  "creditsCost" numeric(12, 2)
    CONSTRAINT "UsageLog_creditsCost_check" CHECK ("creditsCost" >= 0 AND "creditsCost" <> 'NaN'),
  "timestamp" timestamptz NOT NULL DEFAULT now()
    CONSTRAINT "UsageLog_timestamp_check" CHECK (isfinite("timestamp")),
  CONSTRAINT "UsageLog_pkey" PRIMARY KEY (id, "timestamp")
) PARTITION BY RANGE ("timestamp");
CREATE TABLE "UsageLog_default" PARTITION OF "UsageLog" DEFAULT;
-- A user's actions, in order. It serves "userId" too.
CREATE INDEX "UsageLog_userId_timestamp_idx" ON "UsageLog" ("userId", "timestamp");
CREATE INDEX "UsageLog_generationRequestId_idx" ON "UsageLog" ("generationRequestId");
CREATE INDEX "UsageLog_apiClientId_idx" ON "UsageLog" ("apiClientId");
CREATE INDEX "UsageLog_timestamp_idx" ON "UsageLog" ("timestamp");
-- Bills and audits rest on it. Only "details" may name a person whom the law lets ask to be forgotten.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "UsageLog"
  FOR EACH ROW EXECUTE FUNCTION append_only('details');
COMMENT ON TABLE "UsageLog" IS 'Actions of users that are billed, analysed or audited; rows are added, never changed';
COMMENT ON TABLE "UsageLog_default" IS 'Rows of months that have no partition: stray_rows(), move_stray_rows()';
COMMENT ON COLUMN "UsageLog"."userId" IS 'Who acted';
COMMENT ON COLUMN "UsageLog"."generationRequestId" IS 'What it was about; NULL where it was no request';
COMMENT ON COLUMN "UsageLog"."apiClientId" IS 'The client that acted; NULL where the user did it in person';
COMMENT ON COLUMN "UsageLog"."actionType" IS 'What was done, in the application''s words, such as export';
COMMENT ON COLUMN "UsageLog".details IS 'Object: particulars of the action, by name; personal data in it can be erased';
COMMENT ON COLUMN "UsageLog"."creditsCost" IS 'In credits; NULL where the action is not billed';
COMMENT ON COLUMN "UsageLog"."timestamp" IS 'When it was done';
