-- A candidate for RANGE partitions on "createdAt", once it is large: the primary key has to include "createdAt" then.
CREATE TABLE "Notification" (
  id uuid CONSTRAINT "Notification_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
  -- CASCADE: there is nobody left to notify.
  "userId" uuid NOT NULL CONSTRAINT "Notification_userId_fkey" REFERENCES "User" (id) ON DELETE CASCADE,
  type varchar(50) NOT NULL,
  message text NOT NULL,
  metadata jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT "Notification_metadata_check" CHECK (jsonb_typeof(metadata) = 'object'),
  "isRead" boolean NOT NULL DEFAULT false,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
-- The list of a user's notifications. It serves "userId" too.
CREATE INDEX "Notification_userId_createdAt_idx" ON "Notification" ("userId", "createdAt");
-- The few that are unread, counted on every page.
CREATE INDEX "Notification_userId_unread_idx" ON "Notification" ("userId") WHERE NOT "isRead";
CREATE INDEX "Notification_createdAt_idx" ON "Notification" ("createdAt");
CREATE TRIGGER set_updated_at BEFORE UPDATE ON "Notification" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "Notification" IS 'What the platform has told its users';
