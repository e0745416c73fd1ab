SET LOCAL lock_timeout = '5s';

CREATE TABLE "User" (
  id uuid CONSTRAINT "User_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
  email varchar(254) NOT NULL
    CONSTRAINT "User_email_key" UNIQUE
    CONSTRAINT "User_email_check" CHECK (position('@' IN email) > 1),
  "passwordHash" varchar(255) NOT NULL,
  "fullName" varchar(100),
  "creditBalance" integer NOT NULL DEFAULT 0 CONSTRAINT "User_creditBalance_check" CHECK ("creditBalance" >= 0),
  "createdAt" timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN "User"."passwordHash" IS 'secret: argon2id hash';

CREATE TABLE "Plan" (
  name varchar(50) CONSTRAINT "Plan_pkey" PRIMARY KEY,
  credits integer NOT NULL
);
