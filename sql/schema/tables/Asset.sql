CREATE TABLE "Asset" (
  id uuid CONSTRAINT "Asset_pkey" PRIMARY KEY DEFAULT uuidv7(),
  -- SET NULL: an asset outlives its project in the user's library.
  "projectId" uuid CONSTRAINT "Asset_projectId_fkey" REFERENCES "Project" (id) ON DELETE SET NULL,
  -- RESTRICT: a cascade would leave the files in MinIO behind, with nobody to know of them.
  "userId" uuid NOT NULL CONSTRAINT "Asset_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  -- SET NULL: an asset outlives the request that made it.
  "generationRequestId" uuid
    CONSTRAINT "Asset_generationRequestId_fkey" REFERENCES "GenerationRequest" (id) ON DELETE SET NULL,
  name varchar(255) NOT NULL,
  type varchar(50) NOT NULL CONSTRAINT "Asset_type_check" CHECK (type IN ('uploaded', 'ai_generated')),
  "filePath" varchar(1024) NOT NULL,
  "mimeType" varchar(127) NOT NULL,
  format varchar(50) NOT NULL,
  resolution varchar(50),
  "isFinal" boolean NOT NULL DEFAULT false,
  metadata jsonb NOT NULL DEFAULT '{}' CONSTRAINT "Asset_metadata_check" CHECK (jsonb_typeof(metadata) = 'object'),
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  "deletedAt" timestamptz
);
CREATE INDEX "Asset_projectId_idx" ON "Asset" ("projectId");
CREATE INDEX "Asset_userId_idx" ON "Asset" ("userId");
CREATE INDEX "Asset_generationRequestId_idx" ON "Asset" ("generationRequestId");
CREATE TRIGGER set_updated_at BEFORE UPDATE ON "Asset" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "Asset" IS 'Creative files, uploaded or generated; the files themselves are in MinIO';
COMMENT ON COLUMN "Asset"."projectId" IS 'The project that it belongs to; NULL for one in the user''s library alone';
COMMENT ON COLUMN "Asset"."userId" IS 'Who uploaded it or asked for it';
COMMENT ON COLUMN "Asset"."generationRequestId" IS
  'The request that made it; NULL for an upload, or once that is purged';
COMMENT ON COLUMN "Asset".type IS 'uploaded (by the user) or ai_generated (by a request)';
COMMENT ON COLUMN "Asset"."filePath" IS 'Path in MinIO, bucket first';
COMMENT ON COLUMN "Asset"."mimeType" IS 'As in Content-Type, without parameters, such as image/png';
COMMENT ON COLUMN "Asset".format IS 'Of the file, in lower case, such as png, mp4 or svg';
COMMENT ON COLUMN "Asset".resolution IS
  'Width x height in pixels, such as 1080x1920; NULL where it means nothing, as for a vector drawing';
COMMENT ON COLUMN "Asset"."isFinal" IS 'Whether it is the outcome that the user chose, and not a draft';
COMMENT ON COLUMN "Asset".metadata IS
  'Object: what the file itself tells, such as durationMs, colorProfile or fileSizeBytes. Written by the application';
COMMENT ON COLUMN "Asset"."deletedAt" IS 'When the user deleted it; NULL while it is there. The file is purged later';
-- Closes the circle. Deferrable, so that a request and its final asset can arrive in one transaction in either order.
-- SET NULL: the request, with what it has cost, outlives a purged asset.
ALTER TABLE "GenerationRequest" ADD CONSTRAINT "GenerationRequest_finalAssetId_fkey"
  FOREIGN KEY ("finalAssetId") REFERENCES "Asset" (id) ON DELETE SET NULL DEFERRABLE INITIALLY IMMEDIATE;
