SET LOCAL lock_timeout = '5s';

CREATE INDEX "Project_name_idx" ON "Project" (name);
