-- Of all objects but those that initdb made, save the schemas (public has a comment from the start).
SELECT classoid, objoid, objsubid, description
FROM pg_description
WHERE objoid >= 16384 OR classoid = 'pg_namespace'::regclass
