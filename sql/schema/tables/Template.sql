-- The GIN index on tags stands in indexes/CustomIndexes.sql, once.
CREATE TABLE "Template" (
  id uuid CONSTRAINT "Template_pkey" PRIMARY KEY DEFAULT uuidv7(),
  -- CASCADE: a private template is its user's own, and no project needs it to live on.
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
CREATE INDEX "Template_userId_idx" ON "Template" ("userId");
CREATE TRIGGER set_updated_at BEFORE UPDATE ON "Template" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "Template" IS 'System templates and the private templates that users have saved';
COMMENT ON COLUMN "Template"."userId" IS 'Who saved it; NULL for a system template';
COMMENT ON COLUMN "Template".category IS 'The shelf that it stands on, such as social_post or carousel';
COMMENT ON COLUMN "Template"."previewUrl" IS 'Path of a picture in MinIO, or a URL';
COMMENT ON COLUMN "Template"."sourceData" IS
  'Object: what a renderer needs, with version, canvas, palette and pages, as sql/seeds/template.schema.json says';
COMMENT ON COLUMN "Template".tags IS 'Array of strings in lower case, such as ["instagram", "sale"]';
COMMENT ON COLUMN "Template"."isPublic" IS 'Whether every user sees it';
