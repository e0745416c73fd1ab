SET LOCAL lock_timeout = '5s';

CREATE TABLE "Project" (
  id uuid CONSTRAINT "Project_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
  "ownerId" uuid NOT NULL CONSTRAINT "Project_ownerId_fkey" REFERENCES "User" (id) ON DELETE CASCADE,
  name varchar(120) NOT NULL,
  status varchar(20) NOT NULL DEFAULT 'open'
    CONSTRAINT "Project_status_check" CHECK (status IN ('open', 'closed')),
  notes text
);
CREATE INDEX "Project_ownerId_idx" ON "Project" ("ownerId");
