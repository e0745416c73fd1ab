-- Partitioned by month, as "CreditTransaction" is. Its rows change and go, so that it is not append-only.
CREATE TABLE "Notification" (
  id uuid NOT NULL DEFAULT uuidv7(),
  -- CASCADE: there is nobody left to notify.
  "userId" uuid NOT NULL CONSTRAINT "Notification_userId_fkey" REFERENCES "User" (id) ON DELETE CASCADE,
  type varchar(50) NOT NULL,
  message text NOT NULL,
  metadata jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT "Notification_metadata_check" CHECK (jsonb_typeof(metadata) = 'object'),
  "isRead" boolean NOT NULL DEFAULT false,
  "createdAt" timestamptz NOT NULL DEFAULT now()
    CONSTRAINT "Notification_createdAt_check" CHECK (isfinite("createdAt")),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "Notification_pkey" PRIMARY KEY (id, "createdAt")
) PARTITION BY RANGE ("createdAt");
CREATE TABLE "Notification_default" PARTITION OF "Notification" DEFAULT;
-- The list of a user's notifications. It serves "userId" too.
CREATE INDEX "Notification_userId_createdAt_idx" ON "Notification" ("userId", "createdAt");
-- The few that are unread, counted on every page.
CREATE INDEX "Notification_userId_unread_idx" ON "Notification" ("userId", "createdAt") WHERE NOT "isRead";
CREATE INDEX "Notification_createdAt_idx" ON "Notification" ("createdAt");
CREATE TRIGGER set_updated_at BEFORE UPDATE ON "Notification" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "Notification" IS 'What the platform has told its users';
COMMENT ON TABLE "Notification_default" IS 'Rows of months that have no partition: stray_rows(), move_stray_rows()';
COMMENT ON COLUMN "Notification"."userId" IS 'Who is told';
COMMENT ON COLUMN "Notification".type IS 'What happened, in the application''s words, such as generation_completed';
COMMENT ON COLUMN "Notification".message IS 'For the user, in the language of the user; never a link that signs in';
COMMENT ON COLUMN "Notification".metadata IS 'Object: what the message is about, such as projectId or assetId, by name';
COMMENT ON COLUMN "Notification"."isRead" IS 'Whether the user has seen it';
