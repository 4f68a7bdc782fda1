-- What requests with an idempotency key were answered. A row is written by the transaction that does what the request asks for, so
-- that both are there or neither. The migrations of every service that has such requests contain a copy of this file.
CREATE TABLE idempotency_keys (
    -- Digest of user, route and key.
    id uuid PRIMARY KEY,
    -- Digest of what was asked.
    request uuid NOT NULL,
    answer jsonb NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now()
);

-- For sweeping.
CREATE INDEX idempotency_keys_kept_at ON idempotency_keys (kept_at);
