-- The same statements for SQLite and PostgreSQL: text and whole numbers mean
-- the same in both. Times are seconds since 1970.

CREATE TABLE IF NOT EXISTS users (
	name  TEXT PRIMARY KEY,
	email TEXT NOT NULL
);

-- A token is known by the SHA-256 of its 256 random bits, in hexadecimal.
CREATE TABLE IF NOT EXISTS tokens (
	hash       TEXT   PRIMARY KEY CHECK (length(hash) = 64),
	user_name  TEXT   NOT NULL REFERENCES users (name) ON DELETE CASCADE,
	scope      TEXT   NOT NULL,
	expires_at BIGINT NOT NULL,
	revoked_at BIGINT
);
