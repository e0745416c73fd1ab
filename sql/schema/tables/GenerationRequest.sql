-- Its reference to "Asset" is closed in Asset.sql: each of the two tables refers to the other.
CREATE TABLE "GenerationRequest" (
  id uuid CONSTRAINT "GenerationRequest_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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
  -- Names an element of "sampleAssets": samples are no rows of "Asset", so there is nothing to refer to.
  "selectedSampleId" uuid,
  "finalAssetId" uuid,
  -- The two costs are NULL until they are charged.
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
