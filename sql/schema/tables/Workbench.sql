CREATE TABLE "Workbench" (
  id uuid CONSTRAINT "Workbench_pkey" PRIMARY KEY DEFAULT uuidv7(),
  -- CASCADE: an empty workbench goes with its user. One that holds projects is kept by them.
  "userId" uuid NOT NULL CONSTRAINT "Workbench_userId_fkey" REFERENCES "User" (id) ON DELETE CASCADE,
  name varchar(100) NOT NULL,
  -- SET NULL: a workbench works without a default.
  "defaultBrandKitId" uuid
    CONSTRAINT "Workbench_defaultBrandKitId_fkey" REFERENCES "BrandKit" (id) ON DELETE SET NULL,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX "Workbench_userId_idx" ON "Workbench" ("userId");
CREATE INDEX "Workbench_defaultBrandKitId_idx" ON "Workbench" ("defaultBrandKitId");
CREATE TRIGGER set_updated_at BEFORE UPDATE ON "Workbench" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "Workbench" IS 'Containers that group a user''s projects';
COMMENT ON COLUMN "Workbench"."userId" IS 'Whose it is';
COMMENT ON COLUMN "Workbench"."defaultBrandKitId" IS 'The brand that its new projects start with; NULL for none';
