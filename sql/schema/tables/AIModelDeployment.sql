CREATE TABLE "AIModelDeployment" (
  id uuid CONSTRAINT "AIModelDeployment_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
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
  -- NULL until it is known.
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
