-- Its reference to "Asset" is closed in Asset.sql: each of the two tables refers to the other.
CREATE TABLE "GenerationRequest" (
  id uuid CONSTRAINT "GenerationRequest_pkey" PRIMARY KEY DEFAULT uuidv7(),
  -- RESTRICT: it has cost credits.
  "userId" uuid NOT NULL CONSTRAINT "GenerationRequest_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  -- RESTRICT: it has cost credits. A project is soft-deleted.
  "projectId" uuid NOT NULL CONSTRAINT "GenerationRequest_projectId_fkey" REFERENCES "Project" (id) ON DELETE RESTRICT,
  "inputPrompt" text NOT NULL,
  "styleGuidance" text,
  "inputParameters" jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT "GenerationRequest_inputParameters_check" CHECK (jsonb_typeof("inputParameters") = 'object'),
  status varchar(50) NOT NULL DEFAULT 'pending'
    CONSTRAINT "GenerationRequest_status_check" CHECK (status IN (
      'pending', 'processing_samples', 'awaiting_selection', 'processing_final',
      'completed', 'failed', 'cancelled', 'content_rejected'
    )),
  "errorMessage" text,
  "sampleAssets" jsonb NOT NULL DEFAULT '[]'
    CONSTRAINT "GenerationRequest_sampleAssets_check" CHECK (jsonb_typeof("sampleAssets") = 'array'),
  -- Samples are no rows of "Asset", so there is nothing to refer to.
  "selectedSampleId" uuid,
  "finalAssetId" uuid,
  "creditsCostSample" numeric(12, 2)
    CONSTRAINT "GenerationRequest_creditsCostSample_check"
      CHECK ("creditsCostSample" >= 0 AND "creditsCostSample" <> 'NaN'),
  "creditsCostFinal" numeric(12, 2)
    CONSTRAINT "GenerationRequest_creditsCostFinal_check"
      CHECK ("creditsCostFinal" >= 0 AND "creditsCostFinal" <> 'NaN'),
  "aiModelUsed" varchar(100),
  "processingTimeMs" integer
    CONSTRAINT "GenerationRequest_processingTimeMs_check" CHECK ("processingTimeMs" >= 0),
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX "GenerationRequest_userId_idx" ON "GenerationRequest" ("userId");
CREATE INDEX "GenerationRequest_projectId_idx" ON "GenerationRequest" ("projectId");
CREATE INDEX "GenerationRequest_finalAssetId_idx" ON "GenerationRequest" ("finalAssetId");
CREATE INDEX "GenerationRequest_status_idx" ON "GenerationRequest" (status);
CREATE INDEX "GenerationRequest_createdAt_idx" ON "GenerationRequest" ("createdAt");
CREATE TRIGGER set_updated_at BEFORE UPDATE ON "GenerationRequest" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "GenerationRequest" IS 'Requests to generate a creative: input, status, outcome and cost';
COMMENT ON COLUMN "GenerationRequest"."userId" IS 'Who asked, and pays';
COMMENT ON COLUMN "GenerationRequest"."projectId" IS 'The project that the outcome is for';
COMMENT ON COLUMN "GenerationRequest"."inputPrompt" IS 'The user''s own words; private to the user';
COMMENT ON COLUMN "GenerationRequest"."styleGuidance" IS
  'The user''s own words on the style; NULL where nothing was said';
COMMENT ON COLUMN "GenerationRequest"."inputParameters" IS
  'Object: what was asked for beside words, such as platform, width, height (pixels) and sampleCount';
COMMENT ON COLUMN "GenerationRequest".status IS
  'pending, processing_samples, awaiting_selection (the user is to choose a sample), processing_final; then for good:'
  ' completed, failed ("errorMessage" says why), cancelled (by the user) or content_rejected (by moderation)';
COMMENT ON COLUMN "GenerationRequest"."errorMessage" IS
  'Why it failed or was rejected, for people; NULL while nothing went wrong';
COMMENT ON COLUMN "GenerationRequest"."sampleAssets" IS
  'Array of objects: {"id": uuid, "path": path in MinIO, "resolution": "512x512"}. Written by the generator';
COMMENT ON COLUMN "GenerationRequest"."selectedSampleId" IS
  'The id of an element of "sampleAssets"; NULL until one is chosen';
COMMENT ON COLUMN "GenerationRequest"."finalAssetId" IS 'The outcome; NULL until there is one, or once it is purged';
COMMENT ON COLUMN "GenerationRequest"."creditsCostSample" IS 'In credits, for the samples; NULL until they are charged';
COMMENT ON COLUMN "GenerationRequest"."creditsCostFinal" IS 'In credits, for the final asset; NULL until it is charged';
COMMENT ON COLUMN "GenerationRequest"."aiModelUsed" IS
  'Name and version of the model as they were then, so that it stays true; NULL until one is chosen';
COMMENT ON COLUMN "GenerationRequest"."processingTimeMs" IS
  'Milliseconds of processing, without waiting; NULL until it is done';
