-- The initial schema: all tables, keys, constraints, indexes, triggers and functions, in an order in which every
-- reference finds its table. The reasons stand in sql/schema, whose files follow later migrations. This file never
-- changes, since its checksum is recorded.
--
-- It may run again: over a schema that it has made, with or without months that create_partitions() made and columns
-- that later migrations add, and over one where a run by hand stopped half-way. It then makes what is missing and
-- alters nothing that exists. Where nothing is missing, it takes no lock that a reader would wait for.
--
-- Nothing names a schema: everything is made in the first one of search_path, by its owner, without an extension.

-- Rather give up than wait behind a long transaction while everybody else waits behind this.
SET LOCAL lock_timeout = '5s';

CREATE OR REPLACE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."updatedAt" := now();
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION set_updated_at() IS 'Trigger: sets "updatedAt" to the time of the transaction that changes the row';

-- PostgreSQL 16 and 17 have no uuidv7().
DO $$
BEGIN
  IF to_regprocedure('pg_catalog.uuidv7()') IS NULL THEN
    -- RFC 9562, 5.7: 48 bits of milliseconds, the version, 12 bits that hold the fraction of the millisecond (6.2,
    -- method 3), and the variant with the random bits of a version 4. So ids are in order to the microsecond.
    CREATE OR REPLACE FUNCTION uuidv7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE
    RETURN (
      SELECT encode(
        int8send(((us / 1000) << 16) | (7 << 12) | ((us % 1000) * 4096 / 1000))
          || substring(uuid_send(gen_random_uuid()) FROM 9),
        'hex'
      )::uuid
      FROM floor(extract(epoch FROM clock_timestamp()) * 1000000) AS f (n), CAST(n AS bigint) AS t (us)
    );
    COMMENT ON FUNCTION uuidv7() IS
      'A UUID of version 7, which begins with the time, so that later ones sort after earlier ones';
  END IF;
END
$$;

CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
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

CREATE TABLE IF NOT EXISTS "User" (
  id uuid CONSTRAINT "User_pkey" PRIMARY KEY DEFAULT uuidv7(),
  email varchar(254) NOT NULL
    CONSTRAINT "User_email_key" UNIQUE
    CONSTRAINT "User_email_check" CHECK (position('@' IN email) > 1),
  "passwordHash" varchar(255),
  "socialProvider" varchar(50)
    CONSTRAINT "User_socialProvider_check" CHECK ("socialProvider" IN ('apple', 'facebook', 'google')),
  "socialProviderId" varchar(255),
  "isEmailVerified" boolean NOT NULL DEFAULT false,
  "fullName" varchar(100),
  username varchar(50) CONSTRAINT "User_username_key" UNIQUE,
  "profilePictureUrl" varchar(2048),
  "languagePreference" varchar(35) NOT NULL DEFAULT 'en-US',
  timezone varchar(64) NOT NULL DEFAULT 'UTC',
  "mfaEnabled" boolean NOT NULL DEFAULT false,
  "mfaSecret" varchar(255),
  "subscriptionTier" varchar(50) NOT NULL DEFAULT 'free'
    CONSTRAINT "User_subscriptionTier_check" CHECK ("subscriptionTier" IN ('free', 'pro', 'team', 'enterprise')),
  "creditBalance" numeric(12, 2) NOT NULL DEFAULT 0
    CONSTRAINT "User_creditBalance_check" CHECK ("creditBalance" >= 0 AND "creditBalance" <> 'NaN'),
  "lastLoginAt" timestamptz,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  "deletedAt" timestamptz,
  CONSTRAINT "User_socialProvider_socialProviderId_key" UNIQUE ("socialProvider", "socialProviderId"),
  CONSTRAINT "User_socialProviderId_check" CHECK (("socialProvider" IS NULL) = ("socialProviderId" IS NULL)),
  CONSTRAINT "User_passwordHash_check" CHECK ("passwordHash" IS NOT NULL OR "socialProvider" IS NOT NULL),
  CONSTRAINT "User_mfaSecret_check" CHECK (NOT "mfaEnabled" OR "mfaSecret" IS NOT NULL)
);
CREATE UNIQUE INDEX IF NOT EXISTS "User_email_lower_idx" ON "User" (lower(email));
CREATE INDEX IF NOT EXISTS "User_subscriptionTier_idx" ON "User" ("subscriptionTier");
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON "User" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "User" IS 'Registered accounts: sign-in, profile, preferences, subscription tier and credit balance';
COMMENT ON COLUMN "User".email IS
  'As the user wrote it; unique in any spelling, and still taken once the account is deleted. Erasing overwrites it';
COMMENT ON COLUMN "User"."passwordHash" IS 'secret: argon2id or bcrypt hash; NULL where only a social login exists';
COMMENT ON COLUMN "User"."socialProvider" IS 'Who vouches for a social login; NULL without one';
COMMENT ON COLUMN "User"."socialProviderId" IS
  'The account''s id at the provider: a name, no credential; NULL without one';
COMMENT ON COLUMN "User"."isEmailVerified" IS 'Whether the user has answered to a message to the address';
COMMENT ON COLUMN "User"."fullName" IS 'As the user wants to be called; NULL where nothing was given';
COMMENT ON COLUMN "User".username IS
  'Public name; still taken once the account is deleted. NULL until it is chosen: a social login brings none';
COMMENT ON COLUMN "User"."profilePictureUrl" IS
  'Path in MinIO, or the provider''s URL; NULL for the platform''s own picture';
COMMENT ON COLUMN "User"."languagePreference" IS 'Language tag (BCP 47), such as en-US';
COMMENT ON COLUMN "User".timezone IS 'Name in the time zone database, such as Europe/Berlin; for display alone';
COMMENT ON COLUMN "User"."mfaEnabled" IS 'Whether a one-time password is asked for at sign-in';
COMMENT ON COLUMN "User"."mfaSecret" IS
  'secret: seed of the one-time passwords, encrypted by the application; NULL until they are set up';
COMMENT ON COLUMN "User"."subscriptionTier" IS
  'What the user may use: free, pro, team or enterprise. Written by the synchronisation with "Subscription"';
COMMENT ON COLUMN "User"."creditBalance" IS
  'In credits: what "CreditTransaction" adds up to, detached months too; changed together with a new row there';
COMMENT ON COLUMN "User"."lastLoginAt" IS 'NULL until the first login';
COMMENT ON COLUMN "User"."deletedAt" IS 'When the account was deleted; NULL while it exists';

CREATE TABLE IF NOT EXISTS "Team" (
  id uuid CONSTRAINT "Team_pkey" PRIMARY KEY DEFAULT uuidv7(),
  name varchar(100) NOT NULL,
  "ownerId" uuid NOT NULL CONSTRAINT "Team_ownerId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS "Team_ownerId_idx" ON "Team" ("ownerId");
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON "Team" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "Team" IS 'Groups of users who work together on a team account';
COMMENT ON COLUMN "Team"."ownerId" IS 'Who answers and pays for the team';

CREATE TABLE IF NOT EXISTS "TeamMember" (
  id uuid CONSTRAINT "TeamMember_pkey" PRIMARY KEY DEFAULT uuidv7(),
  "teamId" uuid NOT NULL CONSTRAINT "TeamMember_teamId_fkey" REFERENCES "Team" (id) ON DELETE CASCADE,
  "userId" uuid NOT NULL CONSTRAINT "TeamMember_userId_fkey" REFERENCES "User" (id) ON DELETE CASCADE,
  role varchar(50) NOT NULL
    CONSTRAINT "TeamMember_role_check" CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
  "joinedAt" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "TeamMember_teamId_userId_key" UNIQUE ("teamId", "userId")
);
CREATE INDEX IF NOT EXISTS "TeamMember_userId_idx" ON "TeamMember" ("userId");
COMMENT ON TABLE "TeamMember" IS 'Who belongs to which team, and in which role';
COMMENT ON COLUMN "TeamMember"."teamId" IS 'The team';
COMMENT ON COLUMN "TeamMember"."userId" IS 'Its member';
COMMENT ON COLUMN "TeamMember".role IS
  'owner (all, and hands it over), admin (members and settings), editor (works in projects) or viewer (reads)';
COMMENT ON COLUMN "TeamMember"."joinedAt" IS 'When the member accepted the invitation';

CREATE TABLE IF NOT EXISTS "BrandKit" (
  id uuid CONSTRAINT "BrandKit_pkey" PRIMARY KEY DEFAULT uuidv7(),
  "userId" uuid NOT NULL CONSTRAINT "BrandKit_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  "teamId" uuid CONSTRAINT "BrandKit_teamId_fkey" REFERENCES "Team" (id) ON DELETE CASCADE,
  name varchar(100) NOT NULL,
  colors jsonb NOT NULL DEFAULT '[]' CONSTRAINT "BrandKit_colors_check" CHECK (jsonb_typeof(colors) = 'array'),
  fonts jsonb NOT NULL DEFAULT '[]' CONSTRAINT "BrandKit_fonts_check" CHECK (jsonb_typeof(fonts) = 'array'),
  logos jsonb NOT NULL DEFAULT '[]' CONSTRAINT "BrandKit_logos_check" CHECK (jsonb_typeof(logos) = 'array'),
  "stylePreferences" jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT "BrandKit_stylePreferences_check" CHECK (jsonb_typeof("stylePreferences") = 'object'),
  "isDefault" boolean NOT NULL DEFAULT false,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS "BrandKit_userId_idx" ON "BrandKit" ("userId");
CREATE INDEX IF NOT EXISTS "BrandKit_teamId_idx" ON "BrandKit" ("teamId");
CREATE UNIQUE INDEX IF NOT EXISTS "BrandKit_userId_isDefault_idx"
  ON "BrandKit" ("userId") WHERE "isDefault" AND "teamId" IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS "BrandKit_teamId_isDefault_idx"
  ON "BrandKit" ("teamId") WHERE "isDefault" AND "teamId" IS NOT NULL;
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON "BrandKit" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "BrandKit" IS 'Colors, fonts, logos and style of a brand, personal or of a team';
COMMENT ON COLUMN "BrandKit"."userId" IS 'Who made it';
COMMENT ON COLUMN "BrandKit"."teamId" IS 'The team that shares it; NULL for a personal kit';
COMMENT ON COLUMN "BrandKit".colors IS 'Array of objects: {"name": "primary", "hex": "#1a2b3c"}';
COMMENT ON COLUMN "BrandKit".fonts IS 'Array of objects: {"name": "heading", "family": "Inter", "weight": 700}';
COMMENT ON COLUMN "BrandKit".logos IS 'Array of objects: {"name": "dark", "path": path in MinIO, "format": "svg"}';
COMMENT ON COLUMN "BrandKit"."stylePreferences" IS 'Object: hints for generation, such as tone or imagery, by name';
COMMENT ON COLUMN "BrandKit"."isDefault" IS
  'Whether new projects start with it; one for a user and one for a team at most';

CREATE TABLE IF NOT EXISTS "Workbench" (
  id uuid CONSTRAINT "Workbench_pkey" PRIMARY KEY DEFAULT uuidv7(),
  "userId" uuid NOT NULL CONSTRAINT "Workbench_userId_fkey" REFERENCES "User" (id) ON DELETE CASCADE,
  name varchar(100) NOT NULL,
  "defaultBrandKitId" uuid
    CONSTRAINT "Workbench_defaultBrandKitId_fkey" REFERENCES "BrandKit" (id) ON DELETE SET NULL,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS "Workbench_userId_idx" ON "Workbench" ("userId");
CREATE INDEX IF NOT EXISTS "Workbench_defaultBrandKitId_idx" ON "Workbench" ("defaultBrandKitId");
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON "Workbench" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "Workbench" IS 'Containers that group a user''s projects';
COMMENT ON COLUMN "Workbench"."userId" IS 'Whose it is';
COMMENT ON COLUMN "Workbench"."defaultBrandKitId" IS 'The brand that its new projects start with; NULL for none';

CREATE TABLE IF NOT EXISTS "Template" (
  id uuid CONSTRAINT "Template_pkey" PRIMARY KEY DEFAULT uuidv7(),
  "userId" uuid CONSTRAINT "Template_userId_fkey" REFERENCES "User" (id) ON DELETE CASCADE,
  name varchar(100) NOT NULL,
  description text,
  category varchar(50) NOT NULL,
  "previewUrl" varchar(1024) NOT NULL,
  "sourceData" jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT "Template_sourceData_check" CHECK (jsonb_typeof("sourceData") = 'object'),
  tags jsonb NOT NULL DEFAULT '[]' CONSTRAINT "Template_tags_check" CHECK (jsonb_typeof(tags) = 'array'),
  "isPublic" boolean NOT NULL DEFAULT false,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS "Template_userId_idx" ON "Template" ("userId");
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON "Template" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "Template" IS 'System templates and the private templates that users have saved';
COMMENT ON COLUMN "Template"."userId" IS 'Who saved it; NULL for a system template';
COMMENT ON COLUMN "Template".category IS 'The shelf that it stands on, such as social_post or carousel';
COMMENT ON COLUMN "Template"."previewUrl" IS 'Path of a picture in MinIO, or a URL';
COMMENT ON COLUMN "Template"."sourceData" IS
  'Object: what a renderer needs, with version, canvas, palette and pages, as sql/seeds/template.schema.json says';
COMMENT ON COLUMN "Template".tags IS 'Array of strings in lower case, such as ["instagram", "sale"]';
COMMENT ON COLUMN "Template"."isPublic" IS 'Whether every user sees it';

CREATE TABLE IF NOT EXISTS "Project" (
  id uuid CONSTRAINT "Project_pkey" PRIMARY KEY DEFAULT uuidv7(),
  "workbenchId" uuid NOT NULL CONSTRAINT "Project_workbenchId_fkey" REFERENCES "Workbench" (id) ON DELETE RESTRICT,
  "userId" uuid NOT NULL CONSTRAINT "Project_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  "templateId" uuid CONSTRAINT "Project_templateId_fkey" REFERENCES "Template" (id) ON DELETE SET NULL,
  "brandKitId" uuid CONSTRAINT "Project_brandKitId_fkey" REFERENCES "BrandKit" (id) ON DELETE SET NULL,
  name varchar(100) NOT NULL,
  "targetPlatform" varchar(50),
  "collaborationState" jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT "Project_collaborationState_check" CHECK (jsonb_typeof("collaborationState") = 'object'),
  "lastCollaboratedAt" timestamptz,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  "deletedAt" timestamptz
);
CREATE INDEX IF NOT EXISTS "Project_workbenchId_idx" ON "Project" ("workbenchId");
CREATE INDEX IF NOT EXISTS "Project_userId_idx" ON "Project" ("userId");
CREATE INDEX IF NOT EXISTS "Project_templateId_idx" ON "Project" ("templateId");
CREATE INDEX IF NOT EXISTS "Project_brandKitId_idx" ON "Project" ("brandKitId");
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON "Project" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "Project" IS 'Creative projects and the state of the work on them';
COMMENT ON COLUMN "Project"."workbenchId" IS 'The workbench that it lies on';
COMMENT ON COLUMN "Project"."userId" IS 'Who owns it; others may work in it';
COMMENT ON COLUMN "Project"."templateId" IS
  'What it was started from; NULL for a blank one, or once the template is gone';
COMMENT ON COLUMN "Project"."brandKitId" IS 'The brand that it follows; NULL for none';
COMMENT ON COLUMN "Project"."targetPlatform" IS
  'Where it is to be published, such as instagram; NULL while that is open';
COMMENT ON COLUMN "Project"."collaborationState" IS
  'Object: the shared document, with its canvas, layers and revision. Written by the collaboration service alone';
COMMENT ON COLUMN "Project"."lastCollaboratedAt" IS
  'When somebody last changed the document; NULL before the first change';
COMMENT ON COLUMN "Project"."deletedAt" IS 'When the user deleted it; NULL while it is there';

CREATE TABLE IF NOT EXISTS "GenerationRequest" (
  id uuid CONSTRAINT "GenerationRequest_pkey" PRIMARY KEY DEFAULT uuidv7(),
  "userId" uuid NOT NULL CONSTRAINT "GenerationRequest_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
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
  "selectedSampleId" uuid,
  "finalAssetId" uuid,
  "creditsCostSample" numeric(12, 2)
    CONSTRAINT "GenerationRequest_creditsCostSample_check"
      CHECK ("creditsCostSample" >= 0 AND "creditsCostSample" <> 'NaN'),
  "creditsCostFinal" numeric(12, 2)
    CONSTRAINT "GenerationRequest_creditsCostFinal_check"
      CHECK ("creditsCostFinal" >= 0 AND "creditsCostFinal" <> 'NaN'),
  "aiModelUsed" varchar(100),
  -- squawk-ignore prefer-bigint-over-int
  "processingTimeMs" integer
    CONSTRAINT "GenerationRequest_processingTimeMs_check" CHECK ("processingTimeMs" >= 0),
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS "GenerationRequest_userId_idx" ON "GenerationRequest" ("userId");
CREATE INDEX IF NOT EXISTS "GenerationRequest_projectId_idx" ON "GenerationRequest" ("projectId");
CREATE INDEX IF NOT EXISTS "GenerationRequest_finalAssetId_idx" ON "GenerationRequest" ("finalAssetId");
CREATE INDEX IF NOT EXISTS "GenerationRequest_status_idx" ON "GenerationRequest" (status);
CREATE INDEX IF NOT EXISTS "GenerationRequest_createdAt_idx" ON "GenerationRequest" ("createdAt");
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON "GenerationRequest"
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
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

CREATE TABLE IF NOT EXISTS "Asset" (
  id uuid CONSTRAINT "Asset_pkey" PRIMARY KEY DEFAULT uuidv7(),
  "projectId" uuid CONSTRAINT "Asset_projectId_fkey" REFERENCES "Project" (id) ON DELETE SET NULL,
  "userId" uuid NOT NULL CONSTRAINT "Asset_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
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
CREATE INDEX IF NOT EXISTS "Asset_projectId_idx" ON "Asset" ("projectId");
CREATE INDEX IF NOT EXISTS "Asset_userId_idx" ON "Asset" ("userId");
CREATE INDEX IF NOT EXISTS "Asset_generationRequestId_idx" ON "Asset" ("generationRequestId");
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON "Asset" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
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
-- Closes the circle between the two tables.
DO $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_constraint
    WHERE conrelid = '"GenerationRequest"'::regclass AND conname = 'GenerationRequest_finalAssetId_fkey'
  ) THEN
    ALTER TABLE "GenerationRequest" ADD CONSTRAINT "GenerationRequest_finalAssetId_fkey"
      FOREIGN KEY ("finalAssetId") REFERENCES "Asset" (id) ON DELETE SET NULL DEFERRABLE INITIALLY IMMEDIATE;
  END IF;
END
$$;

CREATE TABLE IF NOT EXISTS "AssetVersion" (
  id uuid CONSTRAINT "AssetVersion_pkey" PRIMARY KEY DEFAULT uuidv7(),
  "assetId" uuid CONSTRAINT "AssetVersion_assetId_fkey" REFERENCES "Asset" (id) ON DELETE CASCADE,
  "projectId" uuid CONSTRAINT "AssetVersion_projectId_fkey" REFERENCES "Project" (id) ON DELETE CASCADE,
  -- squawk-ignore prefer-bigint-over-int
  "versionNumber" integer NOT NULL CONSTRAINT "AssetVersion_versionNumber_check" CHECK ("versionNumber" > 0),
  "filePath" varchar(1024),
  "stateData" jsonb CONSTRAINT "AssetVersion_stateData_check" CHECK (jsonb_typeof("stateData") = 'object'),
  description text,
  "createdByUserId" uuid CONSTRAINT "AssetVersion_createdByUserId_fkey" REFERENCES "User" (id) ON DELETE SET NULL,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "AssetVersion_assetId_projectId_check" CHECK (num_nonnulls("assetId", "projectId") = 1),
  CONSTRAINT "AssetVersion_filePath_stateData_check" CHECK (num_nonnulls("filePath", "stateData") > 0),
  CONSTRAINT "AssetVersion_assetId_versionNumber_key" UNIQUE ("assetId", "versionNumber"),
  CONSTRAINT "AssetVersion_projectId_versionNumber_key" UNIQUE ("projectId", "versionNumber")
);
CREATE INDEX IF NOT EXISTS "AssetVersion_createdByUserId_idx" ON "AssetVersion" ("createdByUserId");
COMMENT ON TABLE "AssetVersion" IS 'History of an asset (its files) or of a project (its states)';
COMMENT ON COLUMN "AssetVersion"."assetId" IS 'The asset that it is a version of; NULL for a version of a project';
COMMENT ON COLUMN "AssetVersion"."projectId" IS 'The project that it is a version of; NULL for a version of an asset';
COMMENT ON COLUMN "AssetVersion"."versionNumber" IS 'Counts from 1 for each asset and each project';
COMMENT ON COLUMN "AssetVersion"."filePath" IS 'Path in MinIO, bucket first; NULL where the state says it all';
COMMENT ON COLUMN "AssetVersion"."stateData" IS
  'Object: the state of a project, shaped as "Project"."collaborationState"; NULL where the file says it all';
COMMENT ON COLUMN "AssetVersion"."createdByUserId" IS 'NULL where a program did it, or the account was removed';

CREATE TABLE IF NOT EXISTS "SocialMediaConnection" (
  id uuid CONSTRAINT "SocialMediaConnection_pkey" PRIMARY KEY DEFAULT uuidv7(),
  "userId" uuid NOT NULL CONSTRAINT "SocialMediaConnection_userId_fkey" REFERENCES "User" (id) ON DELETE CASCADE,
  platform varchar(50) NOT NULL
    CONSTRAINT "SocialMediaConnection_platform_check"
      CHECK (platform IN ('facebook', 'instagram', 'linkedin', 'pinterest', 'tiktok', 'x', 'youtube')),
  "externalUserId" varchar(255) NOT NULL,
  "accessToken" text NOT NULL,
  "refreshToken" text,
  "expiresAt" timestamptz,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "SocialMediaConnection_userId_platform_key" UNIQUE ("userId", platform)
);
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON "SocialMediaConnection"
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "SocialMediaConnection" IS 'Accounts on social media that users connected, with OAuth tokens';
COMMENT ON COLUMN "SocialMediaConnection"."userId" IS 'Who connected it';
COMMENT ON COLUMN "SocialMediaConnection".platform IS 'Where the account is; a user connects one for each platform';
COMMENT ON COLUMN "SocialMediaConnection"."externalUserId" IS
  'The account''s id at the platform: a name, no credential';
COMMENT ON COLUMN "SocialMediaConnection"."accessToken" IS 'secret: OAuth access token, encrypted by the application';
COMMENT ON COLUMN "SocialMediaConnection"."refreshToken" IS
  'secret: OAuth refresh token, encrypted by the application; NULL where the platform gives none';
COMMENT ON COLUMN "SocialMediaConnection"."expiresAt" IS 'Of the access token; NULL where it does not expire';

CREATE TABLE IF NOT EXISTS "APIClient" (
  id uuid CONSTRAINT "APIClient_pkey" PRIMARY KEY DEFAULT uuidv7(),
  "userId" uuid NOT NULL CONSTRAINT "APIClient_userId_fkey" REFERENCES "User" (id) ON DELETE CASCADE,
  name varchar(100) NOT NULL,
  "apiKey" varchar(128) NOT NULL CONSTRAINT "APIClient_apiKey_key" UNIQUE,
  "secretHash" varchar(255) NOT NULL,
  permissions jsonb NOT NULL DEFAULT '[]'
    CONSTRAINT "APIClient_permissions_check" CHECK (jsonb_typeof(permissions) = 'array'),
  "isActive" boolean NOT NULL DEFAULT true,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS "APIClient_userId_idx" ON "APIClient" ("userId");
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON "APIClient" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "APIClient" IS 'Credentials of developers for the API';
COMMENT ON COLUMN "APIClient"."userId" IS 'The developer on whose account the client acts and is charged';
COMMENT ON COLUMN "APIClient"."apiKey" IS 'secret: identifies the client; half of the credential';
COMMENT ON COLUMN "APIClient"."secretHash" IS
  'secret: hash of the other half of the credential, which is shown to the developer once and stored nowhere';
COMMENT ON COLUMN "APIClient".permissions IS
  'Array of strings: what the client may do, such as "generation:create"; empty, it may do nothing';
COMMENT ON COLUMN "APIClient"."isActive" IS 'False once it is revoked';

CREATE TABLE IF NOT EXISTS "Subscription" (
  id uuid CONSTRAINT "Subscription_pkey" PRIMARY KEY DEFAULT uuidv7(),
  "userId" uuid NOT NULL CONSTRAINT "Subscription_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  "odooSaleOrderId" varchar(64) NOT NULL CONSTRAINT "Subscription_odooSaleOrderId_key" UNIQUE,
  "planId" varchar(50) NOT NULL,
  status varchar(50) NOT NULL
    CONSTRAINT "Subscription_status_check"
      CHECK (status IN ('trial', 'active', 'past_due', 'suspended', 'cancelled', 'expired')),
  "currentPeriodStart" timestamptz NOT NULL,
  "currentPeriodEnd" timestamptz NOT NULL,
  "paymentProvider" varchar(50),
  "paymentProviderSubscriptionId" varchar(255),
  "paymentMethodId" varchar(255),
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "Subscription_currentPeriodEnd_check" CHECK ("currentPeriodEnd" > "currentPeriodStart")
);
CREATE INDEX IF NOT EXISTS "Subscription_userId_idx" ON "Subscription" ("userId");
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON "Subscription" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "Subscription" IS 'Plans that users subscribe to, synchronised from Odoo';
COMMENT ON COLUMN "Subscription"."userId" IS 'Who subscribes';
COMMENT ON COLUMN "Subscription"."odooSaleOrderId" IS 'The sale order in Odoo that this is a copy of';
COMMENT ON COLUMN "Subscription"."planId" IS 'Odoo''s plan, such as pro-monthly; the tier that it gives is in "User"';
COMMENT ON COLUMN "Subscription".status IS
  'trial, active, past_due (a payment failed, still served), suspended (not served), cancelled or expired';
COMMENT ON COLUMN "Subscription"."currentPeriodStart" IS 'The period that is paid for, from here';
COMMENT ON COLUMN "Subscription"."currentPeriodEnd" IS 'to here, when the next payment is due';
COMMENT ON COLUMN "Subscription"."paymentProvider" IS
  'Such as stripe; NULL where nothing is collected by a provider: on trial, or paid by invoice';
COMMENT ON COLUMN "Subscription"."paymentProviderSubscriptionId" IS
  'The provider''s reference, of no use without our key there; NULL without a provider';
COMMENT ON COLUMN "Subscription"."paymentMethodId" IS
  'The provider''s reference to a card or account, of no use without our key there; NULL without a provider';

CREATE TABLE IF NOT EXISTS "CreditTransaction" (
  id uuid NOT NULL DEFAULT uuidv7(),
  "userId" uuid NOT NULL CONSTRAINT "CreditTransaction_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  "odooInvoiceId" varchar(64),
  "generationRequestId" uuid
    CONSTRAINT "CreditTransaction_generationRequestId_fkey" REFERENCES "GenerationRequest" (id) ON DELETE RESTRICT,
  "apiClientId" uuid CONSTRAINT "CreditTransaction_apiClientId_fkey" REFERENCES "APIClient" (id) ON DELETE RESTRICT,
  amount numeric(12, 2) NOT NULL CONSTRAINT "CreditTransaction_amount_check" CHECK (amount <> 0 AND amount <> 'NaN'),
  "actionType" varchar(50) NOT NULL,
  description text,
  "createdAt" timestamptz NOT NULL DEFAULT now()
    CONSTRAINT "CreditTransaction_createdAt_check" CHECK (isfinite("createdAt")),
  "syncedAt" timestamptz,
  CONSTRAINT "CreditTransaction_pkey" PRIMARY KEY (id, "createdAt")
) PARTITION BY RANGE ("createdAt");
CREATE TABLE IF NOT EXISTS "CreditTransaction_default" PARTITION OF "CreditTransaction" DEFAULT;
CREATE INDEX IF NOT EXISTS "CreditTransaction_userId_createdAt_idx" ON "CreditTransaction" ("userId", "createdAt");
CREATE INDEX IF NOT EXISTS "CreditTransaction_generationRequestId_idx" ON "CreditTransaction" ("generationRequestId");
CREATE INDEX IF NOT EXISTS "CreditTransaction_apiClientId_idx" ON "CreditTransaction" ("apiClientId");
CREATE INDEX IF NOT EXISTS "CreditTransaction_createdAt_idx" ON "CreditTransaction" ("createdAt");
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON "CreditTransaction"
  FOR EACH ROW EXECUTE FUNCTION append_only('odooInvoiceId', 'syncedAt');
COMMENT ON TABLE "CreditTransaction" IS
  'Audit trail of credits bought, granted and spent; rows are added, never changed';
COMMENT ON TABLE "CreditTransaction_default" IS
  'Rows of months that have no partition: stray_rows(), move_stray_rows()';
COMMENT ON COLUMN "CreditTransaction"."userId" IS 'Whose credits they are';
COMMENT ON COLUMN "CreditTransaction"."odooInvoiceId" IS
  'Odoo''s invoice, filled in by the synchronisation; NULL without one';
COMMENT ON COLUMN "CreditTransaction"."generationRequestId" IS
  'What the credits went into; NULL where it was no request';
COMMENT ON COLUMN "CreditTransaction"."apiClientId" IS
  'The client that spent them; NULL where the user did it in person';
COMMENT ON COLUMN "CreditTransaction".amount IS 'In credits: above zero bought or granted, below zero spent';
COMMENT ON COLUMN "CreditTransaction"."actionType" IS
  'Why, in the application''s words, such as purchase or sample_generation';
COMMENT ON COLUMN "CreditTransaction"."syncedAt" IS
  'When Odoo took it over; NULL until then. Written by the synchronisation';

CREATE TABLE IF NOT EXISTS "UsageLog" (
  -- squawk-ignore prefer-identity
  id bigserial,
  "userId" uuid NOT NULL CONSTRAINT "UsageLog_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  "generationRequestId" uuid
    CONSTRAINT "UsageLog_generationRequestId_fkey" REFERENCES "GenerationRequest" (id) ON DELETE RESTRICT,
  "apiClientId" uuid CONSTRAINT "UsageLog_apiClientId_fkey" REFERENCES "APIClient" (id) ON DELETE RESTRICT,
  "actionType" varchar(50) NOT NULL,
  details jsonb NOT NULL DEFAULT '{}' CONSTRAINT "UsageLog_details_check" CHECK (jsonb_typeof(details) = 'object'),
  "creditsCost" numeric(12, 2)
    CONSTRAINT "UsageLog_creditsCost_check" CHECK ("creditsCost" >= 0 AND "creditsCost" <> 'NaN'),
  "timestamp" timestamptz NOT NULL DEFAULT now()
    CONSTRAINT "UsageLog_timestamp_check" CHECK (isfinite("timestamp")),
  CONSTRAINT "UsageLog_pkey" PRIMARY KEY (id, "timestamp")
) PARTITION BY RANGE ("timestamp");
CREATE TABLE IF NOT EXISTS "UsageLog_default" PARTITION OF "UsageLog" DEFAULT;
CREATE INDEX IF NOT EXISTS "UsageLog_userId_timestamp_idx" ON "UsageLog" ("userId", "timestamp");
CREATE INDEX IF NOT EXISTS "UsageLog_generationRequestId_idx" ON "UsageLog" ("generationRequestId");
CREATE INDEX IF NOT EXISTS "UsageLog_apiClientId_idx" ON "UsageLog" ("apiClientId");
CREATE INDEX IF NOT EXISTS "UsageLog_timestamp_idx" ON "UsageLog" ("timestamp");
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON "UsageLog"
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

CREATE TABLE IF NOT EXISTS "Session" (
  id uuid CONSTRAINT "Session_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
  "userId" uuid NOT NULL CONSTRAINT "Session_userId_fkey" REFERENCES "User" (id) ON DELETE CASCADE,
  "deviceInfo" varchar(255),
  "ipAddress" varchar(45),
  "userAgent" text,
  "lastActivity" timestamptz NOT NULL DEFAULT now(),
  "expiresAt" timestamptz NOT NULL,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "Session_expiresAt_check" CHECK ("expiresAt" > "createdAt")
);
CREATE INDEX IF NOT EXISTS "Session_userId_idx" ON "Session" ("userId");
CREATE INDEX IF NOT EXISTS "Session_expiresAt_idx" ON "Session" ("expiresAt");
CREATE INDEX IF NOT EXISTS "Session_lastActivity_idx" ON "Session" ("lastActivity");
COMMENT ON TABLE "Session" IS 'Sessions of users who are signed in';
COMMENT ON COLUMN "Session".id IS
  'secret: whoever shows it acts as the user until it expires, since the row has no other token';
COMMENT ON COLUMN "Session"."userId" IS 'Who is signed in';
COMMENT ON COLUMN "Session"."deviceInfo" IS
  'For the user''s list of devices, such as Pixel 9; NULL where it is not known';
COMMENT ON COLUMN "Session"."ipAddress" IS
  'Of the last request, IPv4 or IPv6; NULL where it is not known. Personal data';
COMMENT ON COLUMN "Session"."userAgent" IS 'As the client sent it; NULL where it sent none';
COMMENT ON COLUMN "Session"."lastActivity" IS 'When it was last used, to the minute or so: not every request writes it';
COMMENT ON COLUMN "Session"."expiresAt" IS 'From then on it counts no more, and is deleted by the job that cleans up';

CREATE TABLE IF NOT EXISTS "Notification" (
  id uuid NOT NULL DEFAULT uuidv7(),
  "userId" uuid NOT NULL CONSTRAINT "Notification_userId_fkey" REFERENCES "User" (id) ON DELETE CASCADE,
  type varchar(50) NOT NULL,
  message text NOT NULL,
  metadata jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT "Notification_metadata_check" CHECK (jsonb_typeof(metadata) = 'object'),
  "isRead" boolean NOT NULL DEFAULT false,
  "createdAt" timestamptz NOT NULL DEFAULT now()
    CONSTRAINT "Notification_createdAt_check" CHECK (isfinite("createdAt")),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "Notification_pkey" PRIMARY KEY (id, "createdAt")
) PARTITION BY RANGE ("createdAt");
CREATE TABLE IF NOT EXISTS "Notification_default" PARTITION OF "Notification" DEFAULT;
CREATE INDEX IF NOT EXISTS "Notification_userId_createdAt_idx" ON "Notification" ("userId", "createdAt");
CREATE INDEX IF NOT EXISTS "Notification_userId_unread_idx" ON "Notification" ("userId", "createdAt") WHERE NOT "isRead";
CREATE INDEX IF NOT EXISTS "Notification_createdAt_idx" ON "Notification" ("createdAt");
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON "Notification" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "Notification" IS 'What the platform has told its users';
COMMENT ON TABLE "Notification_default" IS 'Rows of months that have no partition: stray_rows(), move_stray_rows()';
COMMENT ON COLUMN "Notification"."userId" IS 'Who is told';
COMMENT ON COLUMN "Notification".type IS 'What happened, in the application''s words, such as generation_completed';
COMMENT ON COLUMN "Notification".message IS 'For the user, in the language of the user; never a link that signs in';
COMMENT ON COLUMN "Notification".metadata IS 'Object: what the message is about, such as projectId or assetId, by name';
COMMENT ON COLUMN "Notification"."isRead" IS 'Whether the user has seen it';

CREATE TABLE IF NOT EXISTS "AIModel" (
  id uuid CONSTRAINT "AIModel_pkey" PRIMARY KEY DEFAULT uuidv7(),
  name varchar(100) NOT NULL CONSTRAINT "AIModel_name_key" UNIQUE,
  description text,
  provider varchar(100) NOT NULL,
  "taskType" varchar(50) NOT NULL
    CONSTRAINT "AIModel_taskType_check" CHECK ("taskType" IN (
      'image_generation', 'image_editing', 'style_transfer', 'upscaling', 'background_removal',
      'text_generation', 'video_generation', 'content_moderation'
    )),
  "isActive" boolean NOT NULL DEFAULT true,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON "AIModel" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "AIModel" IS 'Models that the platform can use, their providers and tasks';
COMMENT ON COLUMN "AIModel".provider IS 'Who runs or publishes the model, such as a company or a team of ours';
COMMENT ON COLUMN "AIModel"."taskType" IS 'The one kind of work that the model is asked for';
COMMENT ON COLUMN "AIModel"."isActive" IS 'Whether new requests may use it. A model is deactivated, never deleted';

CREATE TABLE IF NOT EXISTS "AIModelVersion" (
  id uuid CONSTRAINT "AIModelVersion_pkey" PRIMARY KEY DEFAULT uuidv7(),
  "modelId" uuid NOT NULL CONSTRAINT "AIModelVersion_modelId_fkey" REFERENCES "AIModel" (id) ON DELETE RESTRICT,
  "versionNumber" varchar(50) NOT NULL,
  "sourcePath" varchar(1024),
  format varchar(50),
  parameters jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT "AIModelVersion_parameters_check" CHECK (jsonb_typeof(parameters) = 'object'),
  status varchar(50) NOT NULL DEFAULT 'staged'
    CONSTRAINT "AIModelVersion_status_check" CHECK (status IN (
      'staged', 'validating', 'validated', 'validation_failed', 'production', 'deprecated', 'archived'
    )),
  "validationResultId" uuid,
  "createdByUserId" uuid CONSTRAINT "AIModelVersion_createdByUserId_fkey" REFERENCES "User" (id) ON DELETE SET NULL,
  "releaseNotes" text,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "AIModelVersion_modelId_versionNumber_key" UNIQUE ("modelId", "versionNumber")
);
CREATE INDEX IF NOT EXISTS "AIModelVersion_validationResultId_idx" ON "AIModelVersion" ("validationResultId");
CREATE INDEX IF NOT EXISTS "AIModelVersion_createdByUserId_idx" ON "AIModelVersion" ("createdByUserId");
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON "AIModelVersion"
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "AIModelVersion" IS 'Versions of a model, where each comes from and how far it has come';
COMMENT ON COLUMN "AIModelVersion"."modelId" IS 'The model that it is a version of';
COMMENT ON COLUMN "AIModelVersion"."versionNumber" IS 'As its publisher writes it, such as 1.4.0 or 2026-03';
COMMENT ON COLUMN "AIModelVersion"."sourcePath" IS
  'Where the weights are, in MinIO; NULL where the provider keeps them';
COMMENT ON COLUMN "AIModelVersion".format IS
  'Of the weights, such as safetensors or onnx; NULL where the provider keeps them';
COMMENT ON COLUMN "AIModelVersion".parameters IS
  'Object: defaults for requests, by the model''s own names of parameters';
COMMENT ON COLUMN "AIModelVersion".status IS
  'staged, validating, validated, validation_failed, production (in use), deprecated (no new use) or archived (no use)';
COMMENT ON COLUMN "AIModelVersion"."validationResultId" IS
  'The result that it was released on, one of its own; NULL until there is one';
COMMENT ON COLUMN "AIModelVersion"."createdByUserId" IS 'NULL where a program did it, or the account was removed';
COMMENT ON COLUMN "AIModelVersion"."releaseNotes" IS 'What is new, for people; NULL where there is nothing to say';

CREATE TABLE IF NOT EXISTS "AIModelValidationResult" (
  id uuid CONSTRAINT "AIModelValidationResult_pkey" PRIMARY KEY DEFAULT uuidv7(),
  "modelVersionId" uuid NOT NULL
    CONSTRAINT "AIModelValidationResult_modelVersionId_fkey" REFERENCES "AIModelVersion" (id) ON DELETE RESTRICT,
  "validationTimestamp" timestamptz NOT NULL DEFAULT now(),
  "securityScanStatus" varchar(50) NOT NULL
    CONSTRAINT "AIModelValidationResult_securityScanStatus_check"
      CHECK ("securityScanStatus" IN ('pending', 'passed', 'failed', 'skipped')),
  "functionalStatus" varchar(50) NOT NULL
    CONSTRAINT "AIModelValidationResult_functionalStatus_check"
      CHECK ("functionalStatus" IN ('pending', 'passed', 'failed', 'skipped')),
  "performanceBenchmark" jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT "AIModelValidationResult_performanceBenchmark_check"
      CHECK (jsonb_typeof("performanceBenchmark") = 'object'),
  results jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT "AIModelValidationResult_results_check" CHECK (jsonb_typeof(results) = 'object'),
  "validatedByUserId" uuid
    CONSTRAINT "AIModelValidationResult_validatedByUserId_fkey" REFERENCES "User" (id) ON DELETE SET NULL,
  "createdAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS "AIModelValidationResult_modelVersionId_idx" ON "AIModelValidationResult" ("modelVersionId");
CREATE INDEX IF NOT EXISTS "AIModelValidationResult_validatedByUserId_idx"
  ON "AIModelValidationResult" ("validatedByUserId");
COMMENT ON TABLE "AIModelValidationResult" IS 'What the security, functional and performance tests found';
COMMENT ON COLUMN "AIModelValidationResult"."modelVersionId" IS 'What was tested';
COMMENT ON COLUMN "AIModelValidationResult"."validationTimestamp" IS
  'When the tests ended; "createdAt" is when that was recorded';
COMMENT ON COLUMN "AIModelValidationResult"."securityScanStatus" IS 'pending (still runs), passed, failed or skipped';
COMMENT ON COLUMN "AIModelValidationResult"."functionalStatus" IS 'pending (still runs), passed, failed or skipped';
COMMENT ON COLUMN "AIModelValidationResult"."performanceBenchmark" IS
  'Object: figures by name, with the unit in the name, such as latencyP95Ms or imagesPerSecond';
COMMENT ON COLUMN "AIModelValidationResult".results IS 'Object: the reports of the tests, by the name of the test';
COMMENT ON COLUMN "AIModelValidationResult"."validatedByUserId" IS
  'NULL where a program did it, or the account was removed';
-- Closes the circle between the two tables.
DO $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_constraint
    WHERE conrelid = '"AIModelVersion"'::regclass AND conname = 'AIModelVersion_validationResultId_fkey'
  ) THEN
    ALTER TABLE "AIModelVersion" ADD CONSTRAINT "AIModelVersion_validationResultId_fkey"
      FOREIGN KEY ("validationResultId") REFERENCES "AIModelValidationResult" (id)
      ON DELETE NO ACTION DEFERRABLE INITIALLY IMMEDIATE;
  END IF;
END
$$;

CREATE TABLE IF NOT EXISTS "AIModelDeployment" (
  id uuid CONSTRAINT "AIModelDeployment_pkey" PRIMARY KEY DEFAULT uuidv7(),
  "modelVersionId" uuid NOT NULL
    CONSTRAINT "AIModelDeployment_modelVersionId_fkey" REFERENCES "AIModelVersion" (id) ON DELETE RESTRICT,
  environment varchar(50) NOT NULL
    CONSTRAINT "AIModelDeployment_environment_check" CHECK (environment IN ('development', 'staging', 'production')),
  status varchar(50) NOT NULL DEFAULT 'pending'
    CONSTRAINT "AIModelDeployment_status_check"
      CHECK (status IN ('pending', 'deploying', 'active', 'failed', 'rolled_back', 'retired')),
  "deploymentStrategy" varchar(50) NOT NULL
    CONSTRAINT "AIModelDeployment_deploymentStrategy_check"
      CHECK ("deploymentStrategy" IN ('recreate', 'rolling', 'blue_green', 'canary')),
  endpoint varchar(2048),
  "kubernetesDetails" jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT "AIModelDeployment_kubernetesDetails_check" CHECK (jsonb_typeof("kubernetesDetails") = 'object'),
  "deployedByUserId" uuid
    CONSTRAINT "AIModelDeployment_deployedByUserId_fkey" REFERENCES "User" (id) ON DELETE SET NULL,
  "deploymentTimestamp" timestamptz NOT NULL DEFAULT now(),
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS "AIModelDeployment_modelVersionId_idx" ON "AIModelDeployment" ("modelVersionId");
CREATE INDEX IF NOT EXISTS "AIModelDeployment_deployedByUserId_idx" ON "AIModelDeployment" ("deployedByUserId");
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON "AIModelDeployment"
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "AIModelDeployment" IS 'Deployments of model versions to environments, present and past';
COMMENT ON COLUMN "AIModelDeployment"."modelVersionId" IS 'What was deployed';
COMMENT ON COLUMN "AIModelDeployment".environment IS 'Where it was deployed to';
COMMENT ON COLUMN "AIModelDeployment".status IS
  'pending, deploying, active (serves requests), failed, rolled_back (withdrawn for a fault) or retired (replaced)';
COMMENT ON COLUMN "AIModelDeployment"."deploymentStrategy" IS 'How it takes over from the deployment before';
COMMENT ON COLUMN "AIModelDeployment".endpoint IS
  'URL for the application, without credentials; NULL until it is known';
COMMENT ON COLUMN "AIModelDeployment"."kubernetesDetails" IS
  'Object for operators: cluster, namespace, deployment, replicas, image; never credentials. Written by the deployer';
COMMENT ON COLUMN "AIModelDeployment"."deployedByUserId" IS 'NULL where a program did it, or the account was removed';
COMMENT ON COLUMN "AIModelDeployment"."deploymentTimestamp" IS
  'When the deployment began; "createdAt" is when it was recorded';

CREATE TABLE IF NOT EXISTS "AIModelFeedback" (
  id uuid CONSTRAINT "AIModelFeedback_pkey" PRIMARY KEY DEFAULT uuidv7(),
  "userId" uuid NOT NULL CONSTRAINT "AIModelFeedback_userId_fkey" REFERENCES "User" (id) ON DELETE CASCADE,
  "generationRequestId" uuid
    CONSTRAINT "AIModelFeedback_generationRequestId_fkey" REFERENCES "GenerationRequest" (id) ON DELETE SET NULL,
  "modelVersionId" uuid
    CONSTRAINT "AIModelFeedback_modelVersionId_fkey" REFERENCES "AIModelVersion" (id) ON DELETE SET NULL,
  -- squawk-ignore prefer-bigint-over-int
  rating integer CONSTRAINT "AIModelFeedback_rating_check" CHECK (rating BETWEEN 1 AND 5),
  comment text,
  "feedbackTimestamp" timestamptz NOT NULL DEFAULT now(),
  details jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT "AIModelFeedback_details_check" CHECK (jsonb_typeof(details) = 'object'),
  "createdAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS "AIModelFeedback_userId_idx" ON "AIModelFeedback" ("userId");
CREATE INDEX IF NOT EXISTS "AIModelFeedback_generationRequestId_idx" ON "AIModelFeedback" ("generationRequestId");
CREATE INDEX IF NOT EXISTS "AIModelFeedback_modelVersionId_idx" ON "AIModelFeedback" ("modelVersionId");
COMMENT ON TABLE "AIModelFeedback" IS 'What users think of the output of a model version';
COMMENT ON COLUMN "AIModelFeedback"."userId" IS 'Who said it';
COMMENT ON COLUMN "AIModelFeedback"."generationRequestId" IS 'What it is about; NULL for the model as a whole';
COMMENT ON COLUMN "AIModelFeedback"."modelVersionId" IS 'The version that made the output; NULL where it is not known';
COMMENT ON COLUMN "AIModelFeedback".rating IS '1 (poor) to 5 (excellent); NULL for words without a rating';
COMMENT ON COLUMN "AIModelFeedback".comment IS 'The user''s own words; NULL for a rating without words';
COMMENT ON COLUMN "AIModelFeedback"."feedbackTimestamp" IS 'When the user gave it; "createdAt" is when it was recorded';
COMMENT ON COLUMN "AIModelFeedback".details IS 'Object: answers to further questions of the form, by question';

-- GIN indexes
CREATE INDEX IF NOT EXISTS "BrandKit_colors_idx" ON "BrandKit" USING gin (colors jsonb_path_ops);
CREATE INDEX IF NOT EXISTS "BrandKit_fonts_idx" ON "BrandKit" USING gin (fonts jsonb_path_ops);
CREATE INDEX IF NOT EXISTS "Template_tags_idx" ON "Template" USING gin (tags);

-- Partitions
CREATE OR REPLACE FUNCTION monthly_tables(home regnamespace)
RETURNS TABLE (parent regclass, name name, key name, default_partition regclass)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
  SELECT c.oid::regclass, c.relname, a.attname, nullif(p.partdefid, 0)::regclass
  FROM pg_partitioned_table p
  JOIN pg_class c ON c.oid = p.partrelid AND c.relnamespace = home AND NOT c.relispartition
  -- A key that is an expression has the number 0, as no column has.
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0] AND a.atttypid = 'timestamptz'::regtype
  WHERE p.partstrat = 'r' AND p.partnatts = 1
  ORDER BY c.relname
$$;
COMMENT ON FUNCTION monthly_tables(regnamespace) IS
  'The tables of a schema that are partitioned by ranges of one timestamptz column, and their DEFAULT partitions';

CREATE OR REPLACE FUNCTION months_to_make(months integer, first timestamptz)
RETURNS TABLE (parent regclass, month timestamptz, name text, stray boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  me oid;
  home regnamespace;
  monthly record;
BEGIN
  GET DIAGNOSTICS me = PG_ROUTINE_OID;
  home := (SELECT pronamespace FROM pg_proc WHERE oid = me);
  IF months IS NULL OR months < 0 OR first IS NULL OR NOT isfinite(first) THEN
    RAISE EXCEPTION 'months % from % on: give a number of months, 0 or more, and a point in time', months, first
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR monthly IN EXECUTE format('SELECT * FROM %s.monthly_tables($1)', home) USING home LOOP
    parent := monthly.parent;
    FOR ahead IN 0 .. months LOOP
      month := date_trunc('month', first) + make_interval(months => ahead);
      name := monthly.name || to_char(month, '_YYYY_MM');
      -- These two see what others have committed until now, which a query in REPEATABLE READ would not.
      CONTINUE WHEN pg_partition_root(to_regclass(format('%s.%I', home, name))) = parent;
      stray := false;
      IF monthly.default_partition IS NOT NULL THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE %2$I >= $1 AND %2$I < $2)',
          monthly.default_partition, monthly.key) INTO stray USING month, month + interval '1 month';
      END IF;
      RETURN NEXT;
    END LOOP;
  END LOOP;
END
$$;
COMMENT ON FUNCTION months_to_make(integer, timestamptz) IS
  'The months without a partition, from the month of `first` on; stray: rows in DEFAULT are in the way';

CREATE OR REPLACE FUNCTION make_month(parent regclass, month timestamptz) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  root pg_class := (SELECT c FROM pg_class c WHERE c.oid = parent);
  name text := root.relname || to_char(month, '_YYYY_MM');
  made text := format('%s.%I', root.relnamespace::regnamespace, name);
BEGIN
  IF to_regclass(made) IS NOT NULL THEN
    RAISE EXCEPTION 'table % is no partition of %, but has the name of one: attach it, rename it or drop it',
        made, parent
      USING ERRCODE = 'duplicate_table';
  END IF;
  EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL)', made, parent);
  -- An administrator may call this: the month is the table's owner's all the same.
  EXECUTE format('ALTER TABLE %s OWNER TO %s', made, root.relowner::regrole);
  RETURN name;
END
$$;
COMMENT ON FUNCTION make_month(regclass, timestamptz) IS
  'Makes the table of a month, not attached yet, and returns its name';

CREATE OR REPLACE FUNCTION attach_month(parent regclass, month timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  root pg_class := (SELECT c FROM pg_class c WHERE c.oid = parent);
BEGIN
  EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s.%I FOR VALUES FROM (%L) TO (%L)',
    parent, root.relnamespace::regnamespace, root.relname || to_char(month, '_YYYY_MM'),
    month, month + interval '1 month');
END
$$;
COMMENT ON FUNCTION attach_month(regclass, timestamptz) IS 'Attaches what make_month() has made';

CREATE OR REPLACE FUNCTION lock_partitioned(parents regclass[], mode text, partitions regclass[] DEFAULT '{}')
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

CREATE OR REPLACE FUNCTION create_partitions(months integer DEFAULT 3, first timestamptz DEFAULT now())
RETURNS SETOF text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  me oid;
  home regnamespace;
  lacking regclass[];
  wanted record;
BEGIN
  GET DIAGNOSTICS me = PG_ROUTINE_OID;
  home := (SELECT pronamespace FROM pg_proc WHERE oid = me);
  EXECUTE format('SELECT array_agg(DISTINCT parent) FROM %s.months_to_make($1, $2) WHERE NOT stray', home)
    INTO lacking USING months, first;
  IF lacking IS NOT NULL THEN
    EXECUTE format('SELECT %s.lock_partitioned($1, $2)', home) USING lacking, 'SHARE UPDATE EXCLUSIVE';
  END IF;
  -- Again, under the locks: another may have made them in the meantime.
  FOR wanted IN EXECUTE format('SELECT * FROM %s.months_to_make($1, $2) WHERE stray OR parent = ANY ($3)', home)
    USING months, first, lacking
  LOOP
    IF wanted.stray THEN
      RAISE WARNING 'partition "%" not made: its DEFAULT partition holds rows of that month', wanted.name
        USING HINT = format('Run SELECT %s.move_stray_rows(); it makes the month and moves them.', home);
      CONTINUE;
    END IF;
    EXECUTE format('SELECT %s.make_month($1, $2)', home) USING wanted.parent, wanted.month;
    EXECUTE format('SELECT %s.attach_month($1, $2)', home) USING wanted.parent, wanted.month;
    RETURN NEXT wanted.name;
  END LOOP;
END
$$;
COMMENT ON FUNCTION create_partitions(integer, timestamptz) IS
  'Makes the missing partitions of the month of `first` (in UTC) and of the `months` after it, and returns their names';

CREATE OR REPLACE FUNCTION missing_partitions(months integer DEFAULT 3, first timestamptz DEFAULT now())
RETURNS SETOF text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  me oid;
BEGIN
  GET DIAGNOSTICS me = PG_ROUTINE_OID;
  RETURN QUERY EXECUTE format('SELECT name FROM %s.months_to_make($1, $2) WHERE NOT stray',
    (SELECT pronamespace::regnamespace FROM pg_proc WHERE oid = me)) USING months, first;
END
$$;
COMMENT ON FUNCTION missing_partitions(integer, timestamptz) IS
  'The names that create_partitions() would make, and changes nothing';

CREATE OR REPLACE FUNCTION stray_rows() RETURNS TABLE (partition text, first timestamptz, last timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  me oid;
  home regnamespace;
  monthly record;
BEGIN
  GET DIAGNOSTICS me = PG_ROUTINE_OID;
  home := (SELECT pronamespace FROM pg_proc WHERE oid = me);
  FOR monthly IN
    EXECUTE format('SELECT m.*, c.relname FROM %s.monthly_tables($1) m JOIN pg_class c ON c.oid = m.default_partition',
      home) USING home
  LOOP
    EXECUTE format('SELECT min(%1$I), max(%1$I) FROM %2$s', monthly.key, monthly.default_partition) INTO first, last;
    CONTINUE WHEN first IS NULL;
    partition := monthly.relname;
    RETURN NEXT;
  END LOOP;
END
$$;
COMMENT ON FUNCTION stray_rows() IS
  'The DEFAULT partitions that hold rows, since no month was there for them, and the first and last time in each';

CREATE OR REPLACE FUNCTION move_stray_rows() RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  me oid;
  home regnamespace;
  full_ones regclass[];
  monthly record;
  months timestamptz[];
  month timestamptz;
  name text;
BEGIN
  GET DIAGNOSTICS me = PG_ROUTINE_OID;
  home := (SELECT pronamespace FROM pg_proc WHERE oid = me);
  -- The copy would be of an older state than what TRUNCATE removes.
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION 'in a transaction of isolation level % rows would be lost: run move_stray_rows() in READ COMMITTED',
        current_setting('transaction_isolation')
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  EXECUTE format('SELECT array_agg(parent) FROM %1$s.monthly_tables($1), %1$s.stray_rows()
    WHERE default_partition = to_regclass(format(''%%s.%%I'', $1, partition))', home) INTO full_ones USING home;
  IF full_ones IS NOT NULL THEN
    EXECUTE format('SELECT %s.lock_partitioned($1, $2)', home) USING full_ones, 'SHARE UPDATE EXCLUSIVE';
  END IF;
  FOR monthly IN
    EXECUTE format('SELECT * FROM %s.monthly_tables($1) WHERE parent = ANY ($2)', home) USING home, full_ones
  LOOP
    EXECUTE format('SELECT array_agg(DISTINCT date_trunc(''month'', %I)) FROM %s',
      monthly.key, monthly.default_partition) INTO months;
    CONTINUE WHEN months IS NULL;
    FOREACH month IN ARRAY months LOOP
      EXECUTE format('SELECT %s.make_month($1, $2)', home) INTO name USING monthly.parent, month;
      -- Read through the parent: its columns stand in the order that the new table's have.
      EXECUTE format('INSERT INTO %s.%I SELECT * FROM %s WHERE %4$I >= $1 AND %4$I < $2',
        home, name, monthly.parent, monthly.key) USING month, month + interval '1 month';
      RETURN NEXT name;
    END LOOP;
    EXECUTE format('TRUNCATE ONLY %s', monthly.default_partition);
    FOREACH month IN ARRAY months LOOP
      EXECUTE format('SELECT %s.attach_month($1, $2)', home) USING monthly.parent, month;
    END LOOP;
  END LOOP;
END
$$;
COMMENT ON FUNCTION move_stray_rows() IS
  'Makes the months that rows in DEFAULT partitions need, moves the rows there and returns the names of the months';

CREATE OR REPLACE FUNCTION detach_partitions(parent text, before timestamptz) RETURNS SETOF text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  me oid;
  home regnamespace;
  target regclass;
  months regclass[];
  month regclass;
BEGIN
  GET DIAGNOSTICS me = PG_ROUTINE_OID;
  home := (SELECT pronamespace FROM pg_proc WHERE oid = me);
  EXECUTE format('SELECT parent FROM %s.monthly_tables($1) WHERE name = $2', home) INTO target USING home, parent;
  IF target IS NULL THEN
    RAISE EXCEPTION 'no table "%" in schema % is partitioned by month: give its name without quotes', parent, home
      USING ERRCODE = 'undefined_table';
  END IF;
  -- FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00')
  months := (
    SELECT array_agg(c.oid ORDER BY c.relname) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = target
      AND substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([^'']+)''\)')::timestamptz <= before
  );
  IF months IS NULL THEN
    RETURN;
  END IF;
  EXECUTE format('SELECT %s.lock_partitioned($1, $2, $3)', home) USING ARRAY[target], 'ACCESS EXCLUSIVE', months;
  FOREACH month IN ARRAY months LOOP
    CONTINUE WHEN pg_partition_root(month) IS DISTINCT FROM target;  -- another has done it in the meantime
    EXECUTE format('ALTER TABLE %s DETACH PARTITION %s', target, month);
    RETURN NEXT (SELECT relname::text FROM pg_class WHERE oid = month);
  END LOOP;
END
$$;
COMMENT ON FUNCTION detach_partitions(text, timestamptz) IS
  'Detaches the months of a table that end at `before` or earlier, drops nothing, and returns their names';

CREATE OR REPLACE FUNCTION make_months_ahead(months integer DEFAULT 3) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  me oid;
BEGIN
  GET DIAGNOSTICS me = PG_ROUTINE_OID;
  IF months IS NULL OR months NOT BETWEEN 0 AND 120 THEN
    RAISE EXCEPTION 'months %: give a number from 0 to 120', months USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN QUERY EXECUTE format('SELECT * FROM %s.create_partitions($1)',
    (SELECT pronamespace::regnamespace FROM pg_proc WHERE oid = me)) USING months;
END
$$;
REVOKE EXECUTE ON FUNCTION make_months_ahead(integer) FROM PUBLIC;
COMMENT ON FUNCTION make_months_ahead(integer) IS
  'upkeep: create_partitions() from now on, with the rights of the owner';

CREATE OR REPLACE FUNCTION refuse_stray_rows() RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  me oid;
  home regnamespace;
  strays text;
BEGIN
  GET DIAGNOSTICS me = PG_ROUTINE_OID;
  home := (SELECT pronamespace FROM pg_proc WHERE oid = me);
  EXECUTE format('SELECT string_agg(format(''"%%s" (%%s to %%s)'', partition, first::date, last::date), '', '')
    FROM %s.stray_rows()', home) INTO strays;
  IF strays IS NOT NULL THEN
    RAISE EXCEPTION 'rows of months that have no partition are in %', strays
      USING ERRCODE = 'check_violation',
        HINT = format('As the owner run SELECT %s.move_stray_rows();', home);
  END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION refuse_stray_rows() FROM PUBLIC;
COMMENT ON FUNCTION refuse_stray_rows() IS
  'upkeep: an error where stray_rows() finds any, with the rights of the owner';
