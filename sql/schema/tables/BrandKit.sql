-- The GIN indexes on colors and fonts stand in indexes/CustomIndexes.sql, once.
CREATE TABLE "BrandKit" (
  id uuid CONSTRAINT "BrandKit_pkey" PRIMARY KEY DEFAULT uuidv7(),
  -- RESTRICT: a team's kit must not vanish with the member who made it. Hand it over or delete it first.
  "userId" uuid NOT NULL CONSTRAINT "BrandKit_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  -- CASCADE: SET NULL would turn a team's kit into a personal one of whoever made it.
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
CREATE INDEX "BrandKit_userId_idx" ON "BrandKit" ("userId");
CREATE INDEX "BrandKit_teamId_idx" ON "BrandKit" ("teamId");
-- A user has one personal default at most, and so has a team.
CREATE UNIQUE INDEX "BrandKit_userId_isDefault_idx" ON "BrandKit" ("userId") WHERE "isDefault" AND "teamId" IS NULL;
CREATE UNIQUE INDEX "BrandKit_teamId_isDefault_idx" ON "BrandKit" ("teamId") WHERE "isDefault" AND "teamId" IS NOT NULL;
CREATE TRIGGER set_updated_at BEFORE UPDATE ON "BrandKit" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "BrandKit" IS 'Colors, fonts, logos and style of a brand, personal or of a team';
COMMENT ON COLUMN "BrandKit"."userId" IS 'Who made it';
COMMENT ON COLUMN "BrandKit"."teamId" IS 'The team that shares it; NULL for a personal kit';
COMMENT ON COLUMN "BrandKit".colors IS 'Array of objects: {"name": "primary", "hex": "#1a2b3c"}';
COMMENT ON COLUMN "BrandKit".fonts IS 'Array of objects: {"name": "heading", "family": "Inter", "weight": 700}';
COMMENT ON COLUMN "BrandKit".logos IS 'Array of objects: {"name": "dark", "path": path in MinIO, "format": "svg"}';
COMMENT ON COLUMN "BrandKit"."stylePreferences" IS 'Object: hints for generation, such as tone or imagery, by name';
COMMENT ON COLUMN "BrandKit"."isDefault" IS
  'Whether new projects start with it; one for a user and one for a team at most';
