CREATE TABLE "AIModelDeployment" (
  id uuid CONSTRAINT "AIModelDeployment_pkey" PRIMARY KEY DEFAULT uuidv7(),
  -- RESTRICT: it is the record of what ran where.
  "modelVersionId" uuid NOT NULL
    CONSTRAINT "AIModelDeployment_modelVersionId_fkey" REFERENCES "AIModelVersion" (id) ON DELETE RESTRICT,
  environment varchar(50) NOT NULL
    CONSTRAINT "AIModelDeployment_environment_check" CHECK (environment IN ('development', 'staging', 'production')),
  status varchar(50) NOT NULL DEFAULT 'pending'
    CONSTRAINT "AIModelDeployment_status_check"
      CHECK (status IN ('pending', 'deploying', 'active', 'failed', 'rolled_back', 'retired')),
  "deploymentStrategy" varchar(50) NOT NULL
    CONSTRAINT "AIModelDeployment_deploymentStrategy_check"
      CHECK ("deploymentStrategy" IN ('recreate', 'rolling', 'blue_green', 'canary')),
  endpoint varchar(2048),
  "kubernetesDetails" jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT "AIModelDeployment_kubernetesDetails_check" CHECK (jsonb_typeof("kubernetesDetails") = 'object'),
  -- SET NULL: the deployment counts, whoever made it.
  "deployedByUserId" uuid
    CONSTRAINT "AIModelDeployment_deployedByUserId_fkey" REFERENCES "User" (id) ON DELETE SET NULL,
  "deploymentTimestamp" timestamptz NOT NULL DEFAULT now(),
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX "AIModelDeployment_modelVersionId_idx" ON "AIModelDeployment" ("modelVersionId");
CREATE INDEX "AIModelDeployment_deployedByUserId_idx" ON "AIModelDeployment" ("deployedByUserId");
CREATE TRIGGER set_updated_at BEFORE UPDATE ON "AIModelDeployment" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "AIModelDeployment" IS 'Deployments of model versions to environments, present and past';
COMMENT ON COLUMN "AIModelDeployment"."modelVersionId" IS 'What was deployed';
COMMENT ON COLUMN "AIModelDeployment".environment IS 'Where it was deployed to';
COMMENT ON COLUMN "AIModelDeployment".status IS
  'pending, deploying, active (serves requests), failed, rolled_back (withdrawn for a fault) or retired (replaced)';
COMMENT ON COLUMN "AIModelDeployment"."deploymentStrategy" IS 'How it takes over from the deployment before';
COMMENT ON COLUMN "AIModelDeployment".endpoint IS
  'URL for the application, without credentials; NULL until it is known';
COMMENT ON COLUMN "AIModelDeployment"."kubernetesDetails" IS
  'Object for operators: cluster, namespace, deployment, replicas, image; never credentials. Written by the deployer';
COMMENT ON COLUMN "AIModelDeployment"."deployedByUserId" IS 'NULL where a program did it, or the account was removed';
COMMENT ON COLUMN "AIModelDeployment"."deploymentTimestamp" IS
  'When the deployment began; "createdAt" is when it was recorded';
