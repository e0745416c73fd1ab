SET LOCAL lock_timeout = '5s';

CREATE TABLE "Asset" (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT "Asset_pkey" PRIMARY KEY,
  "projectId" uuid NOT NULL CONSTRAINT "Asset_projectId_fkey" REFERENCES "Project" (id) ON DELETE CASCADE,
  path varchar(1024) NOT NULL CONSTRAINT "Asset_path_key" UNIQUE,
  CONSTRAINT "Asset_path_check" CHECK (path <> '')
);
CREATE INDEX "Asset_projectId_idx" ON "Asset" ("projectId");

CREATE TABLE "Event" (
  id bigint NOT NULL,
  kind varchar(20) NOT NULL,
  at timestamptz NOT NULL
) PARTITION BY RANGE (at);
CREATE TABLE "Event_default" PARTITION OF "Event" DEFAULT;
