CREATE TABLE "AIModelValidationResult" (
  id uuid CONSTRAINT "AIModelValidationResult_pkey" PRIMARY KEY DEFAULT uuidv7(),
  -- RESTRICT: it is the proof of what was tested before it ran.
  "modelVersionId" uuid NOT NULL
    CONSTRAINT "AIModelValidationResult_modelVersionId_fkey" REFERENCES "AIModelVersion" (id) ON DELETE RESTRICT,
  "validationTimestamp" timestamptz NOT NULL DEFAULT now(),
  "securityScanStatus" varchar(50) NOT NULL
    CONSTRAINT "AIModelValidationResult_securityScanStatus_check"
      CHECK ("securityScanStatus" IN ('pending', 'passed', 'failed', 'skipped')),
  "functionalStatus" varchar(50) NOT NULL
    CONSTRAINT "AIModelValidationResult_functionalStatus_check"
      CHECK ("functionalStatus" IN ('pending', 'passed', 'failed', 'skipped')),
  "performanceBenchmark" jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT "AIModelValidationResult_performanceBenchmark_check"
      CHECK (jsonb_typeof("performanceBenchmark") = 'object'),
  results jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT "AIModelValidationResult_results_check" CHECK (jsonb_typeof(results) = 'object'),
  -- SET NULL: the result counts, whoever took it.
  "validatedByUserId" uuid
    CONSTRAINT "AIModelValidationResult_validatedByUserId_fkey" REFERENCES "User" (id) ON DELETE SET NULL,
  "createdAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX "AIModelValidationResult_modelVersionId_idx" ON "AIModelValidationResult" ("modelVersionId");
CREATE INDEX "AIModelValidationResult_validatedByUserId_idx" ON "AIModelValidationResult" ("validatedByUserId");
COMMENT ON TABLE "AIModelValidationResult" IS 'What the security, functional and performance tests found';
COMMENT ON COLUMN "AIModelValidationResult"."modelVersionId" IS 'What was tested';
COMMENT ON COLUMN "AIModelValidationResult"."validationTimestamp" IS
  'When the tests ended; "createdAt" is when that was recorded';
COMMENT ON COLUMN "AIModelValidationResult"."securityScanStatus" IS 'pending (still runs), passed, failed or skipped';
COMMENT ON COLUMN "AIModelValidationResult"."functionalStatus" IS 'pending (still runs), passed, failed or skipped';
COMMENT ON COLUMN "AIModelValidationResult"."performanceBenchmark" IS
  'Object: figures by name, with the unit in the name, such as latencyP95Ms or imagesPerSecond';
COMMENT ON COLUMN "AIModelValidationResult".results IS 'Object: the reports of the tests, by the name of the test';
COMMENT ON COLUMN "AIModelValidationResult"."validatedByUserId" IS
  'NULL where a program did it, or the account was removed';
-- Closes the circle. Deferrable, so that a version and its result can arrive in one transaction in either order.
-- NO ACTION: the result that a version was released on stays. RESTRICT could not be deferred.
ALTER TABLE "AIModelVersion" ADD CONSTRAINT "AIModelVersion_validationResultId_fkey"
  FOREIGN KEY ("validationResultId") REFERENCES "AIModelValidationResult" (id)
  ON DELETE NO ACTION DEFERRABLE INITIALLY IMMEDIATE;
