CREATE TABLE authors (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE CHECK (email = lower(email)),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- A picture is named by its content, so that it can be cached for long and stands here once.
CREATE TABLE images (
    id text PRIMARY KEY CHECK (id = left(encode(sha256(content), 'hex'), 32)),
    content_type text NOT NULL,
    content bytea NOT NULL
);

CREATE TABLE posts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug text NOT NULL UNIQUE CHECK (slug <> ''),
    title text NOT NULL,
    summary text NOT NULL,
    body text NOT NULL, -- Markdown
    image_id text REFERENCES images,
    author_id bigint NOT NULL REFERENCES authors,
    published_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- The list of posts, newest first.
CREATE INDEX posts_by_date ON posts (published_at DESC, id DESC);
