CREATE TABLE "Team" (
  id uuid CONSTRAINT "Team_pkey" PRIMARY KEY DEFAULT uuidv7(),
  name varchar(100) NOT NULL,
  -- RESTRICT: a team never loses its owner unnoticed. Hand it over first.
  "ownerId" uuid NOT NULL CONSTRAINT "Team_ownerId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX "Team_ownerId_idx" ON "Team" ("ownerId");
CREATE TRIGGER set_updated_at BEFORE UPDATE ON "Team" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "Team" IS 'Groups of users who work together on a team account';
COMMENT ON COLUMN "Team"."ownerId" IS 'Who answers and pays for the team';
