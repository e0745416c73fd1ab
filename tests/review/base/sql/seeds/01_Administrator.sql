INSERT INTO "User" (email, "passwordHash")
VALUES (current_setting('creativeflow.admin_email'), current_setting('creativeflow.admin_password_hash'))
ON CONFLICT (email) DO NOTHING;
