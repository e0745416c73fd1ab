CREATE TABLE "AIModelFeedback" (
  id uuid CONSTRAINT "AIModelFeedback_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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
