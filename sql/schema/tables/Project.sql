CREATE TABLE "Project" (
  id uuid CONSTRAINT "Project_pkey" PRIMARY KEY DEFAULT uuidv7(),
  -- RESTRICT: a workbench must not take its projects with it. Move them or purge them first.
  "workbenchId" uuid NOT NULL CONSTRAINT "Project_workbenchId_fkey" REFERENCES "Workbench" (id) ON DELETE RESTRICT,
  -- RESTRICT: others may work in it too.
  "userId" uuid NOT NULL CONSTRAINT "Project_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  -- SET NULL: a project holds its own copy of what the template gave.
  "templateId" uuid CONSTRAINT "Project_templateId_fkey" REFERENCES "Template" (id) ON DELETE SET NULL,
  -- SET NULL: a project works without a brand kit.
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
CREATE INDEX "Project_workbenchId_idx" ON "Project" ("workbenchId");
CREATE INDEX "Project_userId_idx" ON "Project" ("userId");
CREATE INDEX "Project_templateId_idx" ON "Project" ("templateId");
CREATE INDEX "Project_brandKitId_idx" ON "Project" ("brandKitId");
CREATE TRIGGER set_updated_at BEFORE UPDATE ON "Project" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
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
