-- Partitioned by month, in UTC: a statement reads few months, and old ones leave as a whole (docs/migrations.md). The
-- primary key has to include the partitions' key, so that the database no longer refuses one id in two months; ids are
-- made here, and unique by how they are made. Whoever looks for an id alone looks into every month: give the time too.
CREATE TABLE "CreditTransaction" (
  id uuid NOT NULL DEFAULT uuidv7(),
  -- RESTRICT: money and audit hang on all three.
  "userId" uuid NOT NULL CONSTRAINT "CreditTransaction_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  "odooInvoiceId" varchar(64),
  -- RESTRICT: it says what the credits went into.
  "generationRequestId" uuid
    CONSTRAINT "CreditTransaction_generationRequestId_fkey" REFERENCES "GenerationRequest" (id) ON DELETE RESTRICT,
  -- RESTRICT: it says who spent them. A client is deactivated instead.
  "apiClientId" uuid CONSTRAINT "CreditTransaction_apiClientId_fkey" REFERENCES "APIClient" (id) ON DELETE RESTRICT,
  amount numeric(12, 2) NOT NULL CONSTRAINT "CreditTransaction_amount_check" CHECK (amount <> 0 AND amount <> 'NaN'),
  "actionType" varchar(50) NOT NULL,
  description text,
  -- No month holds infinity.
  "createdAt" timestamptz NOT NULL DEFAULT now()
    CONSTRAINT "CreditTransaction_createdAt_check" CHECK (isfinite("createdAt")),
  "syncedAt" timestamptz,
  CONSTRAINT "CreditTransaction_pkey" PRIMARY KEY (id, "createdAt")
) PARTITION BY RANGE ("createdAt");
-- For rows of a month that has no partition. It should stay empty: create_partitions() makes the months in time.
CREATE TABLE "CreditTransaction_default" PARTITION OF "CreditTransaction" DEFAULT;
-- A user's statement, in order. It serves "userId" too.
CREATE INDEX "CreditTransaction_userId_createdAt_idx" ON "CreditTransaction" ("userId", "createdAt");
CREATE INDEX "CreditTransaction_generationRequestId_idx" ON "CreditTransaction" ("generationRequestId");
CREATE INDEX "CreditTransaction_apiClientId_idx" ON "CreditTransaction" ("apiClientId");
CREATE INDEX "CreditTransaction_createdAt_idx" ON "CreditTransaction" ("createdAt");
-- A ledger. What Odoo answers comes later than the row.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "CreditTransaction"
  FOR EACH ROW EXECUTE FUNCTION append_only('odooInvoiceId', 'syncedAt');
COMMENT ON TABLE "CreditTransaction" IS
  'Audit trail of credits bought, granted and spent; rows are added, never changed';
COMMENT ON TABLE "CreditTransaction_default" IS
  'Rows of months that have no partition: stray_rows(), move_stray_rows()';
COMMENT ON COLUMN "CreditTransaction"."userId" IS 'Whose credits they are';
COMMENT ON COLUMN "CreditTransaction"."odooInvoiceId" IS
  'Odoo''s invoice, filled in by the synchronisation; NULL without one';
COMMENT ON COLUMN "CreditTransaction"."generationRequestId" IS
  'What the credits went into; NULL where it was no request';
COMMENT ON COLUMN "CreditTransaction"."apiClientId" IS
  'The client that spent them; NULL where the user did it in person';
COMMENT ON COLUMN "CreditTransaction".amount IS 'In credits: above zero bought or granted, below zero spent';
COMMENT ON COLUMN "CreditTransaction"."actionType" IS
  'Why, in the application''s words, such as purchase or sample_generation';
COMMENT ON COLUMN "CreditTransaction"."syncedAt" IS
  'When Odoo took it over; NULL until then. Written by the synchronisation';
