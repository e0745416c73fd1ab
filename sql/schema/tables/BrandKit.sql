-- The GIN indexes on colors and fonts stand in indexes/CustomIndexes.sql, once.
CREATE TABLE "BrandKit" (
  id uuid CONSTRAINT "BrandKit_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
  -- Who made it. RESTRICT: a team's kit must not vanish with that member. Hand it over or delete it first.
  "userId" uuid NOT NULL CONSTRAINT "BrandKit_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  -- NULL for a personal kit. CASCADE: SET NULL would turn a team's kit into a personal one of whoever made it.
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
