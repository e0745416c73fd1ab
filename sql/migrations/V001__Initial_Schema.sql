-- The initial schema: all tables, keys, constraints, indexes and triggers, in an order in which every reference finds
-- its table. The reasons stand in sql/schema/tables, whose files follow later migrations. This file never changes,
-- since its checksum is recorded.
--
-- It may run again: over a schema that it has made, with or without the columns that later migrations add, and over one
-- where a run by hand stopped half-way. It then makes what is missing and alters nothing that exists. Where nothing is
-- missing, it takes no lock that a reader would wait for.
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

CREATE TABLE IF NOT EXISTS "User" (
  id uuid CONSTRAINT "User_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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
COMMENT ON COLUMN "User"."passwordHash" IS 'secret: argon2id or bcrypt hash; NULL where only a social login exists';
COMMENT ON COLUMN "User"."mfaSecret" IS 'secret: seed of the one-time passwords, encrypted by the application';

CREATE TABLE IF NOT EXISTS "Team" (
  id uuid CONSTRAINT "Team_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
  name varchar(100) NOT NULL,
  "ownerId" uuid NOT NULL CONSTRAINT "Team_ownerId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS "Team_ownerId_idx" ON "Team" ("ownerId");
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON "Team" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "Team" IS 'Groups of users who work together on a team account';

CREATE TABLE IF NOT EXISTS "TeamMember" (
  id uuid CONSTRAINT "TeamMember_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
  "teamId" uuid NOT NULL CONSTRAINT "TeamMember_teamId_fkey" REFERENCES "Team" (id) ON DELETE CASCADE,
  "userId" uuid NOT NULL CONSTRAINT "TeamMember_userId_fkey" REFERENCES "User" (id) ON DELETE CASCADE,
  role varchar(50) NOT NULL
    CONSTRAINT "TeamMember_role_check" CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
  "joinedAt" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "TeamMember_teamId_userId_key" UNIQUE ("teamId", "userId")
);
CREATE INDEX IF NOT EXISTS "TeamMember_userId_idx" ON "TeamMember" ("userId");
COMMENT ON TABLE "TeamMember" IS 'Who belongs to which team, and in which role';

CREATE TABLE IF NOT EXISTS "BrandKit" (
  id uuid CONSTRAINT "BrandKit_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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

CREATE TABLE IF NOT EXISTS "Workbench" (
  id uuid CONSTRAINT "Workbench_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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

CREATE TABLE IF NOT EXISTS "Template" (
  id uuid CONSTRAINT "Template_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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

CREATE TABLE IF NOT EXISTS "Project" (
  id uuid CONSTRAINT "Project_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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

CREATE TABLE IF NOT EXISTS "GenerationRequest" (
  id uuid CONSTRAINT "GenerationRequest_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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

CREATE TABLE IF NOT EXISTS "Asset" (
  id uuid CONSTRAINT "Asset_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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
  id uuid CONSTRAINT "AssetVersion_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
  "assetId" uuid CONSTRAINT "AssetVersion_assetId_fkey" REFERENCES "Asset" (id) ON DELETE CASCADE,
  "projectId" uuid CONSTRAINT "AssetVersion_projectId_fkey" REFERENCES "Project" (id) ON DELETE CASCADE,
  -- squawk-ignore prefer-bigint-over-int
  "versionNumber" integer NOT NULL CONSTRAINT "AssetVersion_versionNumber_check" CHECK ("versionNumber" > 0),
  "filePath" varchar(1024),
  "stateData" jsonb,
  description text,
  "createdByUserId" uuid CONSTRAINT "AssetVersion_createdByUserId_fkey" REFERENCES "User" (id) ON DELETE SET NULL,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "AssetVersion_assetId_projectId_check" CHECK (num_nonnulls("assetId", "projectId") = 1),
  CONSTRAINT "AssetVersion_assetId_versionNumber_key" UNIQUE ("assetId", "versionNumber"),
  CONSTRAINT "AssetVersion_projectId_versionNumber_key" UNIQUE ("projectId", "versionNumber")
);
CREATE INDEX IF NOT EXISTS "AssetVersion_createdByUserId_idx" ON "AssetVersion" ("createdByUserId");
COMMENT ON TABLE "AssetVersion" IS 'History of an asset (its files) or of a project (its states)';

CREATE TABLE IF NOT EXISTS "SocialMediaConnection" (
  id uuid CONSTRAINT "SocialMediaConnection_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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
COMMENT ON COLUMN "SocialMediaConnection"."accessToken" IS 'secret: OAuth access token, encrypted by the application';
COMMENT ON COLUMN "SocialMediaConnection"."refreshToken" IS 'secret: OAuth refresh token, encrypted by the application';

CREATE TABLE IF NOT EXISTS "APIClient" (
  id uuid CONSTRAINT "APIClient_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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
COMMENT ON COLUMN "APIClient"."apiKey" IS 'secret: identifies the client; half of the credential';
COMMENT ON COLUMN "APIClient"."secretHash" IS 'secret: hash of the other half of the credential';

CREATE TABLE IF NOT EXISTS "Subscription" (
  id uuid CONSTRAINT "Subscription_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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

CREATE TABLE IF NOT EXISTS "CreditTransaction" (
  id uuid CONSTRAINT "CreditTransaction_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
  "userId" uuid NOT NULL CONSTRAINT "CreditTransaction_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  "odooInvoiceId" varchar(64),
  "generationRequestId" uuid
    CONSTRAINT "CreditTransaction_generationRequestId_fkey" REFERENCES "GenerationRequest" (id) ON DELETE RESTRICT,
  "apiClientId" uuid CONSTRAINT "CreditTransaction_apiClientId_fkey" REFERENCES "APIClient" (id) ON DELETE RESTRICT,
  amount numeric(12, 2) NOT NULL CONSTRAINT "CreditTransaction_amount_check" CHECK (amount <> 0 AND amount <> 'NaN'),
  "actionType" varchar(50) NOT NULL,
  description text,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "syncedAt" timestamptz
);
CREATE INDEX IF NOT EXISTS "CreditTransaction_userId_createdAt_idx" ON "CreditTransaction" ("userId", "createdAt");
CREATE INDEX IF NOT EXISTS "CreditTransaction_generationRequestId_idx" ON "CreditTransaction" ("generationRequestId");
CREATE INDEX IF NOT EXISTS "CreditTransaction_apiClientId_idx" ON "CreditTransaction" ("apiClientId");
CREATE INDEX IF NOT EXISTS "CreditTransaction_createdAt_idx" ON "CreditTransaction" ("createdAt");
COMMENT ON TABLE "CreditTransaction" IS 'Audit trail of credits bought, granted and spent';

CREATE TABLE IF NOT EXISTS "UsageLog" (
  -- squawk-ignore prefer-identity
  id bigserial CONSTRAINT "UsageLog_pkey" PRIMARY KEY,
  "userId" uuid NOT NULL CONSTRAINT "UsageLog_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  "generationRequestId" uuid
    CONSTRAINT "UsageLog_generationRequestId_fkey" REFERENCES "GenerationRequest" (id) ON DELETE RESTRICT,
  "apiClientId" uuid CONSTRAINT "UsageLog_apiClientId_fkey" REFERENCES "APIClient" (id) ON DELETE RESTRICT,
  "actionType" varchar(50) NOT NULL,
  details jsonb NOT NULL DEFAULT '{}' CONSTRAINT "UsageLog_details_check" CHECK (jsonb_typeof(details) = 'object'),
  "creditsCost" numeric(12, 2)
    CONSTRAINT "UsageLog_creditsCost_check" CHECK ("creditsCost" >= 0 AND "creditsCost" <> 'NaN'),
  "timestamp" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS "UsageLog_userId_timestamp_idx" ON "UsageLog" ("userId", "timestamp");
CREATE INDEX IF NOT EXISTS "UsageLog_generationRequestId_idx" ON "UsageLog" ("generationRequestId");
CREATE INDEX IF NOT EXISTS "UsageLog_apiClientId_idx" ON "UsageLog" ("apiClientId");
CREATE INDEX IF NOT EXISTS "UsageLog_timestamp_idx" ON "UsageLog" ("timestamp");
COMMENT ON TABLE "UsageLog" IS 'Actions of users that are billed, analysed or audited';

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

CREATE TABLE IF NOT EXISTS "Notification" (
  id uuid CONSTRAINT "Notification_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
  "userId" uuid NOT NULL CONSTRAINT "Notification_userId_fkey" REFERENCES "User" (id) ON DELETE CASCADE,
  type varchar(50) NOT NULL,
  message text NOT NULL,
  metadata jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT "Notification_metadata_check" CHECK (jsonb_typeof(metadata) = 'object'),
  "isRead" boolean NOT NULL DEFAULT false,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS "Notification_userId_createdAt_idx" ON "Notification" ("userId", "createdAt");
CREATE INDEX IF NOT EXISTS "Notification_userId_unread_idx" ON "Notification" ("userId") WHERE NOT "isRead";
CREATE INDEX IF NOT EXISTS "Notification_createdAt_idx" ON "Notification" ("createdAt");
CREATE OR REPLACE TRIGGER set_updated_at BEFORE UPDATE ON "Notification" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "Notification" IS 'What the platform has told its users';

CREATE TABLE IF NOT EXISTS "AIModel" (
  id uuid CONSTRAINT "AIModel_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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

CREATE TABLE IF NOT EXISTS "AIModelVersion" (
  id uuid CONSTRAINT "AIModelVersion_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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

CREATE TABLE IF NOT EXISTS "AIModelValidationResult" (
  id uuid CONSTRAINT "AIModelValidationResult_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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
  id uuid CONSTRAINT "AIModelDeployment_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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

CREATE TABLE IF NOT EXISTS "AIModelFeedback" (
  id uuid CONSTRAINT "AIModelFeedback_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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

-- GIN indexes
CREATE INDEX IF NOT EXISTS "BrandKit_colors_idx" ON "BrandKit" USING gin (colors jsonb_path_ops);
CREATE INDEX IF NOT EXISTS "BrandKit_fonts_idx" ON "BrandKit" USING gin (fonts jsonb_path_ops);
CREATE INDEX IF NOT EXISTS "Template_tags_idx" ON "Template" USING gin (tags);
