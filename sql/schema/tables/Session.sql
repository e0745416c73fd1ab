CREATE TABLE "Session" (
  -- Random, and not of version 7 as all other ids: what a client shows to prove who it is must not be guessed from the
  -- time of the sign-in.
  id uuid CONSTRAINT "Session_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
  -- CASCADE: nobody stays signed in to an account that is gone.
  "userId" uuid NOT NULL CONSTRAINT "Session_userId_fkey" REFERENCES "User" (id) ON DELETE CASCADE,
  "deviceInfo" varchar(255),
  -- 45 is the longest address in text: IPv6 that ends in IPv4.
  "ipAddress" varchar(45),
  "userAgent" text,
  "lastActivity" timestamptz NOT NULL DEFAULT now(),
  "expiresAt" timestamptz NOT NULL,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "Session_expiresAt_check" CHECK ("expiresAt" > "createdAt")
);
CREATE INDEX "Session_userId_idx" ON "Session" ("userId");
-- The job that cleans up goes by these two.
CREATE INDEX "Session_expiresAt_idx" ON "Session" ("expiresAt");
CREATE INDEX "Session_lastActivity_idx" ON "Session" ("lastActivity");
COMMENT ON TABLE "Session" IS 'Sessions of users who are signed in';
COMMENT ON COLUMN "Session".id IS
  'secret: whoever shows it acts as the user until it expires, since the row has no other token';
COMMENT ON COLUMN "Session"."userId" IS 'Who is signed in';
COMMENT ON COLUMN "Session"."deviceInfo" IS
  'For the user''s list of devices, such as Pixel 9; NULL where it is not known';
COMMENT ON COLUMN "Session"."ipAddress" IS
  'Of the last request, IPv4 or IPv6; NULL where it is not known. Personal data';
COMMENT ON COLUMN "Session"."userAgent" IS 'As the client sent it; NULL where it sent none';
COMMENT ON COLUMN "Session"."lastActivity" IS 'When it was last used, to the minute or so: not every request writes it';
COMMENT ON COLUMN "Session"."expiresAt" IS 'From then on it counts no more, and is deleted by the job that cleans up';
