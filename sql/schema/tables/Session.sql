CREATE TABLE "Session" (
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
