INSERT INTO "Plan" (name, credits) VALUES ('free', 10), ('pro', 600), ('team', 2000)
ON CONFLICT (name) DO UPDATE SET credits = excluded.credits;
