CREATE TABLE "AIModel" (
  id uuid CONSTRAINT "AIModel_pkey" PRIMARY KEY DEFAULT uuidv7(),
  name varchar(100) NOT NULL CONSTRAINT "AIModel_name_key" UNIQUE,
  description text,
  provider varchar(100) NOT NULL,
  "taskType" varchar(50) NOT NULL
    CONSTRAINT "AIModel_taskType_check" CHECK ("taskType" IN (
      'image_generation', 'image_editing', 'style_transfer', 'upscaling', 'background_removal',
      'text_generation', 'video_generation', 'content_moderation'
    )),
  "isActive" boolean NOT NULL DEFAULT true,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER set_updated_at BEFORE UPDATE ON "AIModel" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "AIModel" IS 'Models that the platform can use, their providers and tasks';
COMMENT ON COLUMN "AIModel".provider IS 'Who runs or publishes the model, such as a company or a team of ours';
COMMENT ON COLUMN "AIModel"."taskType" IS 'The one kind of work that the model is asked for';
COMMENT ON COLUMN "AIModel"."isActive" IS 'Whether new requests may use it. A model is deactivated, never deleted';
