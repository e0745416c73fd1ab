INSERT INTO "Plan" (name, credits) VALUES ('free', 10), ('pro', 500)
ON CONFLICT (name) DO UPDATE SET credits = excluded.credits;
