CREATE TABLE "APIClient" (
  id uuid CONSTRAINT "APIClient_pkey" PRIMARY KEY DEFAULT uuidv7(),
  -- CASCADE: a credential must not outlive its user. One that has been charged is kept by the charges.
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
CREATE INDEX "APIClient_userId_idx" ON "APIClient" ("userId");
CREATE TRIGGER set_updated_at BEFORE UPDATE ON "APIClient" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "APIClient" IS 'Credentials of developers for the API';
COMMENT ON COLUMN "APIClient"."userId" IS 'The developer on whose account the client acts and is charged';
COMMENT ON COLUMN "APIClient"."apiKey" IS 'secret: identifies the client; half of the credential';
COMMENT ON COLUMN "APIClient"."secretHash" IS
  'secret: hash of the other half of the credential, which is shown to the developer once and stored nowhere';
COMMENT ON COLUMN "APIClient".permissions IS
  'Array of strings: what the client may do, such as "generation:create"; empty, it may do nothing';
COMMENT ON COLUMN "APIClient"."isActive" IS 'False once it is revoked';
