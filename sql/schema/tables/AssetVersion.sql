CREATE TABLE "AssetVersion" (
  id uuid CONSTRAINT "AssetVersion_pkey" PRIMARY KEY DEFAULT uuidv7(),
  -- CASCADE: a version is a part of its asset.
  "assetId" uuid CONSTRAINT "AssetVersion_assetId_fkey" REFERENCES "Asset" (id) ON DELETE CASCADE,
  -- CASCADE: a version is a part of its project.
  "projectId" uuid CONSTRAINT "AssetVersion_projectId_fkey" REFERENCES "Project" (id) ON DELETE CASCADE,
  "versionNumber" integer NOT NULL CONSTRAINT "AssetVersion_versionNumber_check" CHECK ("versionNumber" > 0),
  "filePath" varchar(1024),
  "stateData" jsonb CONSTRAINT "AssetVersion_stateData_check" CHECK (jsonb_typeof("stateData") = 'object'),
  description text,
  -- SET NULL: the version counts, whoever made it.
  "createdByUserId" uuid CONSTRAINT "AssetVersion_createdByUserId_fkey" REFERENCES "User" (id) ON DELETE SET NULL,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  -- It is a version of an asset or of a project, never of both or of nothing.
  CONSTRAINT "AssetVersion_assetId_projectId_check" CHECK (num_nonnulls("assetId", "projectId") = 1),
  -- A version that holds neither a file nor a state could not be gone back to.
  CONSTRAINT "AssetVersion_filePath_stateData_check" CHECK (num_nonnulls("filePath", "stateData") > 0),
  -- NULLs do not equal each other, so that each of the two binds the versions of its own kind. They serve the keys too.
  CONSTRAINT "AssetVersion_assetId_versionNumber_key" UNIQUE ("assetId", "versionNumber"),
  CONSTRAINT "AssetVersion_projectId_versionNumber_key" UNIQUE ("projectId", "versionNumber")
);
CREATE INDEX "AssetVersion_createdByUserId_idx" ON "AssetVersion" ("createdByUserId");
COMMENT ON TABLE "AssetVersion" IS 'History of an asset (its files) or of a project (its states)';
COMMENT ON COLUMN "AssetVersion"."assetId" IS 'The asset that it is a version of; NULL for a version of a project';
COMMENT ON COLUMN "AssetVersion"."projectId" IS 'The project that it is a version of; NULL for a version of an asset';
COMMENT ON COLUMN "AssetVersion"."versionNumber" IS 'Counts from 1 for each asset and each project';
COMMENT ON COLUMN "AssetVersion"."filePath" IS 'Path in MinIO, bucket first; NULL where the state says it all';
COMMENT ON COLUMN "AssetVersion"."stateData" IS
  'Object: the state of a project, shaped as "Project"."collaborationState"; NULL where the file says it all';
COMMENT ON COLUMN "AssetVersion"."createdByUserId" IS 'NULL where a program did it, or the account was removed';
