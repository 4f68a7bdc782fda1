CREATE TABLE users (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    -- As it was given, without surrounding white space: the address that mail is sent to.
    email text NOT NULL,
    -- What emails are compared by. The service folds the case, so that it does not depend on the database's locale.
    email_key text COLLATE "C" NOT NULL CONSTRAINT users_email_key_once UNIQUE,
    password_hash text NOT NULL,
    role text NOT NULL CONSTRAINT users_role_known CHECK (role IN ('user', 'admin')),
    created_at timestamptz NOT NULL,
    password_changed_at timestamptz NOT NULL
);
