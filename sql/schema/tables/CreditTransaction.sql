-- A candidate for RANGE partitions on "createdAt", once it is large: the primary key has to include "createdAt" then.
CREATE TABLE "CreditTransaction" (
  id uuid CONSTRAINT "CreditTransaction_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
  -- RESTRICT: money and audit hang on all three.
  "userId" uuid NOT NULL CONSTRAINT "CreditTransaction_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  "odooInvoiceId" varchar(64),
  -- RESTRICT: it says what the credits went into.
  "generationRequestId" uuid
    CONSTRAINT "CreditTransaction_generationRequestId_fkey" REFERENCES "GenerationRequest" (id) ON DELETE RESTRICT,
  -- RESTRICT: it says who spent them. A client is deactivated instead.
  "apiClientId" uuid CONSTRAINT "CreditTransaction_apiClientId_fkey" REFERENCES "APIClient" (id) ON DELETE RESTRICT,
  -- Above zero is bought or granted, below zero is spent.
  amount numeric(12, 2) NOT NULL CONSTRAINT "CreditTransaction_amount_check" CHECK (amount <> 0 AND amount <> 'NaN'),
  "actionType" varchar(50) NOT NULL,
  description text,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  -- NULL until Odoo has it.
  "syncedAt" timestamptz
);
-- A user's statement, in order. It serves "userId" too.
CREATE INDEX "CreditTransaction_userId_createdAt_idx" ON "CreditTransaction" ("userId", "createdAt");
CREATE INDEX "CreditTransaction_generationRequestId_idx" ON "CreditTransaction" ("generationRequestId");
CREATE INDEX "CreditTransaction_apiClientId_idx" ON "CreditTransaction" ("apiClientId");
CREATE INDEX "CreditTransaction_createdAt_idx" ON "CreditTransaction" ("createdAt");
COMMENT ON TABLE "CreditTransaction" IS 'Audit trail of credits bought, granted and spent';
