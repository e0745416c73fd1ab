CREATE TABLE "AIModelFeedback" (
  id uuid CONSTRAINT "AIModelFeedback_pkey" PRIMARY KEY DEFAULT uuidv7(),
  -- CASCADE: what a person said goes with the person.
  "userId" uuid NOT NULL CONSTRAINT "AIModelFeedback_userId_fkey" REFERENCES "User" (id) ON DELETE CASCADE,
  -- SET NULL: the rating of the model counts without the request.
  "generationRequestId" uuid
    CONSTRAINT "AIModelFeedback_generationRequestId_fkey" REFERENCES "GenerationRequest" (id) ON DELETE SET NULL,
  -- SET NULL: the words of the user count without the version.
  "modelVersionId" uuid
    CONSTRAINT "AIModelFeedback_modelVersionId_fkey" REFERENCES "AIModelVersion" (id) ON DELETE SET NULL,
  rating integer CONSTRAINT "AIModelFeedback_rating_check" CHECK (rating BETWEEN 1 AND 5),
  comment text,
  "feedbackTimestamp" timestamptz NOT NULL DEFAULT now(),
  details jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT "AIModelFeedback_details_check" CHECK (jsonb_typeof(details) = 'object'),
  "createdAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX "AIModelFeedback_userId_idx" ON "AIModelFeedback" ("userId");
CREATE INDEX "AIModelFeedback_generationRequestId_idx" ON "AIModelFeedback" ("generationRequestId");
CREATE INDEX "AIModelFeedback_modelVersionId_idx" ON "AIModelFeedback" ("modelVersionId");
COMMENT ON TABLE "AIModelFeedback" IS 'What users think of the output of a model version';
COMMENT ON COLUMN "AIModelFeedback"."userId" IS 'Who said it';
COMMENT ON COLUMN "AIModelFeedback"."generationRequestId" IS 'What it is about; NULL for the model as a whole';
COMMENT ON COLUMN "AIModelFeedback"."modelVersionId" IS 'The version that made the output; NULL where it is not known';
COMMENT ON COLUMN "AIModelFeedback".rating IS '1 (poor) to 5 (excellent); NULL for words without a rating';
COMMENT ON COLUMN "AIModelFeedback".comment IS 'The user''s own words; NULL for a rating without words';
COMMENT ON COLUMN "AIModelFeedback"."feedbackTimestamp" IS 'When the user gave it; "createdAt" is when it was recorded';
COMMENT ON COLUMN "AIModelFeedback".details IS 'Object: answers to further questions of the form, by question';
