"""The tables as the specification lists them, written by hand: the tests compare the database with this page.

A line is a column: its name, its type and, where NULL is allowed, `null`. "socialProviderId" is ours; every other
column is the specification's.
"""

from __future__ import annotations

_TABLES = """
User
  id uuid
  email varchar
  passwordHash varchar null
  socialProvider varchar null
  socialProviderId varchar null
  isEmailVerified boolean
  fullName varchar null
  username varchar null
  profilePictureUrl varchar null
  languagePreference varchar
  timezone varchar
  mfaEnabled boolean
  mfaSecret varchar null
  subscriptionTier varchar
  creditBalance numeric
  lastLoginAt timestamptz null
  createdAt timestamptz
  updatedAt timestamptz
  deletedAt timestamptz null
  ui_settings jsonb
BrandKit
  id uuid
  userId uuid
  teamId uuid null
  name varchar
  colors jsonb
  fonts jsonb
  logos jsonb
  stylePreferences jsonb
  isDefault boolean
  createdAt timestamptz
  updatedAt timestamptz
Workbench
  id uuid
  userId uuid
  name varchar
  defaultBrandKitId uuid null
  createdAt timestamptz
  updatedAt timestamptz
Project
  id uuid
  workbenchId uuid
  userId uuid
  templateId uuid null
  brandKitId uuid null
  name varchar
  targetPlatform varchar null
  collaborationState jsonb
  lastCollaboratedAt timestamptz null
  createdAt timestamptz
  updatedAt timestamptz
  deletedAt timestamptz null
Asset
  id uuid
  projectId uuid null
  userId uuid
  generationRequestId uuid null
  name varchar
  type varchar
  filePath varchar
  mimeType varchar
  format varchar
  resolution varchar null
  isFinal boolean
  metadata jsonb
  createdAt timestamptz
  updatedAt timestamptz
  deletedAt timestamptz null
AssetVersion
  id uuid
  assetId uuid null
  projectId uuid null
  versionNumber integer
  filePath varchar null
  stateData jsonb null
  description text null
  createdByUserId uuid null
  createdAt timestamptz
GenerationRequest
  id uuid
  userId uuid
  projectId uuid
  inputPrompt text
  styleGuidance text null
  inputParameters jsonb
  status varchar
  errorMessage text null
  sampleAssets jsonb
  selectedSampleId uuid null
  finalAssetId uuid null
  creditsCostSample numeric null
  creditsCostFinal numeric null
  aiModelUsed varchar null
  processingTimeMs integer null
  createdAt timestamptz
  updatedAt timestamptz
SocialMediaConnection
  id uuid
  userId uuid
  platform varchar
  externalUserId varchar
  accessToken text
  refreshToken text null
  expiresAt timestamptz null
  createdAt timestamptz
  updatedAt timestamptz
APIClient
  id uuid
  userId uuid
  name varchar
  apiKey varchar
  secretHash varchar
  permissions jsonb
  isActive boolean
  createdAt timestamptz
  updatedAt timestamptz
Subscription
  id uuid
  userId uuid
  odooSaleOrderId varchar
  planId varchar
  status varchar
  currentPeriodStart timestamptz
  currentPeriodEnd timestamptz
  paymentProvider varchar null
  paymentProviderSubscriptionId varchar null
  paymentMethodId varchar null
  createdAt timestamptz
  updatedAt timestamptz
CreditTransaction
  id uuid
  userId uuid
  odooInvoiceId varchar null
  generationRequestId uuid null
  apiClientId uuid null
  amount numeric
  actionType varchar
  description text null
  createdAt timestamptz
  syncedAt timestamptz null
UsageLog
  id bigint
  userId uuid
  generationRequestId uuid null
  apiClientId uuid null
  actionType varchar
  details jsonb
  creditsCost numeric null
  timestamp timestamptz
Team
  id uuid
  name varchar
  ownerId uuid
  createdAt timestamptz
  updatedAt timestamptz
TeamMember
  id uuid
  teamId uuid
  userId uuid
  role varchar
  joinedAt timestamptz
Session
  id uuid
  userId uuid
  deviceInfo varchar null
  ipAddress varchar null
  userAgent text null
  lastActivity timestamptz
  expiresAt timestamptz
  createdAt timestamptz
Notification
  id uuid
  userId uuid
  type varchar
  message text
  metadata jsonb
  isRead boolean
  createdAt timestamptz
  updatedAt timestamptz
Template
  id uuid
  userId uuid null
  name varchar
  description text null
  category varchar
  previewUrl varchar
  sourceData jsonb
  tags jsonb
  isPublic boolean
  createdAt timestamptz
  updatedAt timestamptz
AIModel
  id uuid
  name varchar
  description text null
  provider varchar
  taskType varchar
  isActive boolean
  createdAt timestamptz
  updatedAt timestamptz
AIModelVersion
  id uuid
  modelId uuid
  versionNumber varchar
  sourcePath varchar null
  format varchar null
  parameters jsonb
  status varchar
  validationResultId uuid null
  createdByUserId uuid null
  releaseNotes text null
  createdAt timestamptz
  updatedAt timestamptz
AIModelValidationResult
  id uuid
  modelVersionId uuid
  validationTimestamp timestamptz
  securityScanStatus varchar
  functionalStatus varchar
  performanceBenchmark jsonb
  results jsonb
  validatedByUserId uuid null
  createdAt timestamptz
AIModelDeployment
  id uuid
  modelVersionId uuid
  environment varchar
  status varchar
  deploymentStrategy varchar
  endpoint varchar null
  kubernetesDetails jsonb
  deployedByUserId uuid null
  deploymentTimestamp timestamptz
  createdAt timestamptz
  updatedAt timestamptz
AIModelFeedback
  id uuid
  userId uuid
  generationRequestId uuid null
  modelVersionId uuid null
  rating integer null
  comment text null
  feedbackTimestamp timestamptz
  details jsonb
  createdAt timestamptz
"""


def _read(text: str) -> dict[str, list[tuple[str, str, bool]]]:
    tables: dict[str, list[tuple[str, str, bool]]] = {}
    table = ""
    for line in text.strip().splitlines():
        if not line.startswith(" "):
            table = line
            tables[table] = []
            continue
        name, kind, *null = line.split()
        tables[table].append((name, kind, null == ["null"]))
    return tables


TABLES = _read(_TABLES)  # table → its columns in order: name, type, whether NULL is allowed
