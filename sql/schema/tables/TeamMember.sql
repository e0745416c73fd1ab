CREATE TABLE "TeamMember" (
  id uuid CONSTRAINT "TeamMember_pkey" PRIMARY KEY DEFAULT uuidv7(),
  -- CASCADE: a membership is nothing without its team.
  "teamId" uuid NOT NULL CONSTRAINT "TeamMember_teamId_fkey" REFERENCES "Team" (id) ON DELETE CASCADE,
  -- CASCADE: a membership is nothing without its user.
  "userId" uuid NOT NULL CONSTRAINT "TeamMember_userId_fkey" REFERENCES "User" (id) ON DELETE CASCADE,
  role varchar(50) NOT NULL
    CONSTRAINT "TeamMember_role_check" CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
  "joinedAt" timestamptz NOT NULL DEFAULT now(),
  -- Its index serves "teamId" too.
  CONSTRAINT "TeamMember_teamId_userId_key" UNIQUE ("teamId", "userId")
);
CREATE INDEX "TeamMember_userId_idx" ON "TeamMember" ("userId");
COMMENT ON TABLE "TeamMember" IS 'Who belongs to which team, and in which role';
COMMENT ON COLUMN "TeamMember"."teamId" IS 'The team';
COMMENT ON COLUMN "TeamMember"."userId" IS 'Its member';
COMMENT ON COLUMN "TeamMember".role IS
  'owner (all, and hands it over), admin (members and settings), editor (works in projects) or viewer (reads)';
COMMENT ON COLUMN "TeamMember"."joinedAt" IS 'When the member accepted the invitation';
