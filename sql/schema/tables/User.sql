-- A registered account. Deleting one sets "deletedAt"; erasing a person overwrites the personal columns as well. The
-- row stays: what carries money or audit (credit transactions, usage, subscriptions, generation requests) refuses to
-- lose it. A deleted account that is not erased keeps its e-mail and username reserved: nobody else may receive its
-- mail, take over its social login or pose under its name, and an account that is restored finds them as they were.
CREATE TABLE "User" (
  -- Of version 7, as most ids: it begins with the time, so that new rows go to the end of the index, which stays small
  -- in memory, and not all over it. It tells when the row was made to whoever sees it, and nothing else.
  id uuid CONSTRAINT "User_pkey" PRIMARY KEY DEFAULT uuidv7(),
  -- 254 is the longest address that can be delivered to (RFC 5321, 4.5.3.1.3).
  email varchar(254) NOT NULL
    CONSTRAINT "User_email_key" UNIQUE
    CONSTRAINT "User_email_check" CHECK (position('@' IN email) > 1),
  "passwordHash" varchar(255),
  "socialProvider" varchar(50)
    CONSTRAINT "User_socialProvider_check" CHECK ("socialProvider" IN ('apple', 'facebook', 'google')),
  -- Not in the specification's list of columns, which speaks of "social login details" and of an index for them:
  -- a provider without the account at that provider identifies nobody.
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
  -- PostgreSQL sorts NaN above every number, so that >= 0 alone would let it in. The same holds in the other tables.
  "creditBalance" numeric(12, 2) NOT NULL DEFAULT 0
    CONSTRAINT "User_creditBalance_check" CHECK ("creditBalance" >= 0 AND "creditBalance" <> 'NaN'),
  "lastLoginAt" timestamptz,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  "deletedAt" timestamptz,
  -- Last, because V002 added it: columns stand in the same order here and in a migrated database.
  ui_settings jsonb NOT NULL DEFAULT '{}',
  -- One account at a provider signs in to one account here. Its index serves the look-up at a social login.
  CONSTRAINT "User_socialProvider_socialProviderId_key" UNIQUE ("socialProvider", "socialProviderId"),
  CONSTRAINT "User_socialProviderId_check" CHECK (("socialProvider" IS NULL) = ("socialProviderId" IS NULL)),
  -- There is always one way to sign in.
  CONSTRAINT "User_passwordHash_check" CHECK ("passwordHash" IS NOT NULL OR "socialProvider" IS NOT NULL),
  CONSTRAINT "User_mfaSecret_check" CHECK (NOT "mfaEnabled" OR "mfaSecret" IS NOT NULL)
);
-- The indexes of the constraints above serve email, username and the social login.
-- One address is one account, however it is spelt. It serves the look-up at sign-in too.
CREATE UNIQUE INDEX "User_email_lower_idx" ON "User" (lower(email));
CREATE INDEX "User_subscriptionTier_idx" ON "User" ("subscriptionTier");
CREATE TRIGGER set_updated_at BEFORE UPDATE ON "User" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
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
COMMENT ON COLUMN "User".ui_settings IS 'Preferences of the user interface; an empty object stands for the defaults';
