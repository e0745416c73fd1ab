-- Odoo keeps the books. This is a copy for quick access.
CREATE TABLE "Subscription" (
  id uuid CONSTRAINT "Subscription_pkey" PRIMARY KEY DEFAULT gen_random_uuid(),
  -- RESTRICT: money hangs on it.
  "userId" uuid NOT NULL CONSTRAINT "Subscription_userId_fkey" REFERENCES "User" (id) ON DELETE RESTRICT,
  "odooSaleOrderId" varchar(64) NOT NULL CONSTRAINT "Subscription_odooSaleOrderId_key" UNIQUE,
  "planId" varchar(50) NOT NULL,
  status varchar(50) NOT NULL
    CONSTRAINT "Subscription_status_check"
      CHECK (status IN ('trial', 'active', 'past_due', 'suspended', 'cancelled', 'expired')),
  "currentPeriodStart" timestamptz NOT NULL,
  "currentPeriodEnd" timestamptz NOT NULL,
  -- The three are NULL where nothing is collected by a provider: on trial, or paid by invoice.
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
