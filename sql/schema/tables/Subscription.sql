-- Odoo keeps the books. This is a copy for quick access.
CREATE TABLE "Subscription" (
  id uuid CONSTRAINT "Subscription_pkey" PRIMARY KEY DEFAULT uuidv7(),
  -- RESTRICT: money hangs on it.
  "userId" uuid NOT NULL CONSTRAINT "Subscription_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  "odooSaleOrderId" varchar(64) NOT NULL CONSTRAINT "Subscription_odooSaleOrderId_key" UNIQUE,
  "planId" varchar(50) NOT NULL,
  status varchar(50) NOT NULL
    CONSTRAINT "Subscription_status_check"
      CHECK (status IN ('trial', 'active', 'past_due', 'suspended', 'cancelled', 'expired')),
  "currentPeriodStart" timestamptz NOT NULL,
  "currentPeriodEnd" timestamptz NOT NULL,
  "paymentProvider" varchar(50),
  "paymentProviderSubscriptionId" varchar(255),
  "paymentMethodId" varchar(255),
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT "Subscription_currentPeriodEnd_check" CHECK ("currentPeriodEnd" > "currentPeriodStart")
);
CREATE INDEX "Subscription_userId_idx" ON "Subscription" ("userId");
CREATE TRIGGER set_updated_at BEFORE UPDATE ON "Subscription" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
COMMENT ON TABLE "Subscription" IS 'Plans that users subscribe to, synchronised from Odoo';
COMMENT ON COLUMN "Subscription"."userId" IS 'Who subscribes';
COMMENT ON COLUMN "Subscription"."odooSaleOrderId" IS 'The sale order in Odoo that this is a copy of';
COMMENT ON COLUMN "Subscription"."planId" IS 'Odoo''s plan, such as pro-monthly; the tier that it gives is in "User"';
COMMENT ON COLUMN "Subscription".status IS
  'trial, active, past_due (a payment failed, still served), suspended (not served), cancelled or expired';
COMMENT ON COLUMN "Subscription"."currentPeriodStart" IS 'The period that is paid for, from here';
COMMENT ON COLUMN "Subscription"."currentPeriodEnd" IS 'to here, when the next payment is due';
COMMENT ON COLUMN "Subscription"."paymentProvider" IS
  'Such as stripe; NULL where nothing is collected by a provider: on trial, or paid by invoice';
COMMENT ON COLUMN "Subscription"."paymentProviderSubscriptionId" IS
  'The provider''s reference, of no use without our key there; NULL without a provider';
COMMENT ON COLUMN "Subscription"."paymentMethodId" IS
  'The provider''s reference to a card or account, of no use without our key there; NULL without a provider';
