-- Its reference to "AIModelValidationResult" is closed there: each of the two tables refers to the other.
CREATE TABLE "AIModelVersion" (
  id uuid CONSTRAINT "AIModelVersion_pkey" PRIMARY KEY DEFAULT uuidv7(),
  -- RESTRICT: the versions say what made the assets. A model is deactivated instead.
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
  -- SET NULL: the version counts, whoever made it.
  "createdByUserId" uuid CONSTRAINT "AIModelVersion_createdByUserId_fkey" REFERENCES "User" (id) ON DELETE SET NULL,
  "releaseNotes" text,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  -- Its index serves "modelId" too.
  CONSTRAINT "AIModelVersion_modelId_versionNumber_key" UNIQUE ("modelId", "versionNumber")
);
CREATE INDEX "AIModelVersion_validationResultId_idx" ON "AIModelVersion" ("validationResultId");
CREATE INDEX "AIModelVersion_createdByUserId_idx" ON "AIModelVersion" ("createdByUserId");
CREATE TRIGGER set_updated_at BEFORE UPDATE ON "AIModelVersion" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "AIModelVersion" IS 'Versions of a model, where each comes from and how far it has come';
COMMENT ON COLUMN "AIModelVersion"."modelId" IS 'The model that it is a version of';
COMMENT ON COLUMN "AIModelVersion"."versionNumber" IS 'As its publisher writes it, such as 1.4.0 or 2026-03';
COMMENT ON COLUMN "AIModelVersion"."sourcePath" IS
  'Where the weights are, in MinIO; NULL where the provider keeps them';
COMMENT ON COLUMN "AIModelVersion".format IS
  'Of the weights, such as safetensors or onnx; NULL where the provider keeps them';
COMMENT ON COLUMN "AIModelVersion".parameters IS
  'Object: defaults for requests, by the model''s own names of parameters';
COMMENT ON COLUMN "AIModelVersion".status IS
  'staged, validating, validated, validation_failed, production (in use), deprecated (no new use) or archived (no use)';
COMMENT ON COLUMN "AIModelVersion"."validationResultId" IS
  'The result that it was released on, one of its own; NULL until there is one';
COMMENT ON COLUMN "AIModelVersion"."createdByUserId" IS 'NULL where a program did it, or the account was removed';
COMMENT ON COLUMN "AIModelVersion"."releaseNotes" IS 'What is new, for people; NULL where there is nothing to say';
