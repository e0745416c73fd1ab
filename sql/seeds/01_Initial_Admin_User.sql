-- The first administrator. E-mail and password hash are settings of the run, so that neither stands in a file:
--   SELECT set_config('creativeflow.admin_email', $1, true), set_config('creativeflow.admin_password_hash', $2, true);
-- in the same transaction; by hand in psql, SET both, then \i this file. The hash is argon2id or bcrypt.
--
-- "User" has no column for a role: the application knows its administrator by this e-mail, where "isEmailVerified" is
-- true. Somebody who registered the address before this seed ran, and signed in, keeps the account but is not verified.

-- Here, since a constraint that fails would quote the whole row, and the hash with it. A setting is empty, not missing,
-- once a transaction that set it is over.
DO $$
BEGIN
  IF coalesce(current_setting('creativeflow.admin_email', true), '') = ''
    OR coalesce(current_setting('creativeflow.admin_password_hash', true), '') = ''
  THEN
    RAISE EXCEPTION 'creativeflow.admin_email and creativeflow.admin_password_hash must be set for this seed'
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Set both with set_config in the transaction of the seed.';
  END IF;
  IF position('@' IN current_setting('creativeflow.admin_email')) < 2
    OR current_setting('creativeflow.admin_password_hash') !~ '^\$(argon2id|2[aby])\$'
  THEN
    RAISE EXCEPTION 'creativeflow.admin_email must be an address, and creativeflow.admin_password_hash a hash'
      USING ERRCODE = 'invalid_parameter_value', HINT = 'The hash is argon2id or bcrypt, never the password itself.';
  END IF;
END
$$;

-- Until the first login the hash follows the settings, so that a wrong one can be mended. From then on the account is
-- its administrator's, and a deleted account stays as it is. Nothing else is ever overwritten.
INSERT INTO "User" AS account (email, "passwordHash", "isEmailVerified", "fullName", "subscriptionTier")
VALUES (
  current_setting('creativeflow.admin_email'),
  current_setting('creativeflow.admin_password_hash'),
  true,
  'Administrator',
  'enterprise'
)
ON CONFLICT (lower(email)) DO UPDATE
SET "passwordHash" = EXCLUDED."passwordHash"
WHERE account."lastLoginAt" IS NULL
  AND account."deletedAt" IS NULL
  AND account."passwordHash" IS DISTINCT FROM EXCLUDED."passwordHash";
