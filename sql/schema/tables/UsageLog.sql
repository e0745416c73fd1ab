-- A candidate for RANGE partitions on "timestamp", once it is large: the primary key has to include "timestamp" then.
CREATE TABLE "UsageLog" (
  id bigserial CONSTRAINT "UsageLog_pkey" PRIMARY KEY,
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
);
-- A user's actions, in order. It serves "userId" too.
CREATE INDEX "UsageLog_userId_timestamp_idx" ON "UsageLog" ("userId", "timestamp");
CREATE INDEX "UsageLog_generationRequestId_idx" ON "UsageLog" ("generationRequestId");
CREATE INDEX "UsageLog_apiClientId_idx" ON "UsageLog" ("apiClientId");
CREATE INDEX "UsageLog_timestamp_idx" ON "UsageLog" ("timestamp");
COMMENT ON TABLE "UsageLog" IS 'Actions of users that are billed, analysed or audited';
