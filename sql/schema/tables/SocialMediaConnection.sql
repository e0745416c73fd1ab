CREATE TABLE "SocialMediaConnection" (
  id uuid CONSTRAINT "SocialMediaConnection_pkey" PRIMARY KEY DEFAULT uuidv7(),
  -- CASCADE: tokens must not outlive the user who granted them.
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
  -- Its index serves "userId" too.
  CONSTRAINT "SocialMediaConnection_userId_platform_key" UNIQUE ("userId", platform)
);
CREATE TRIGGER set_updated_at BEFORE UPDATE ON "SocialMediaConnection"
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
