-- The same tables as in SQLite, in a schema of their own. Every key begins with the site, so that
-- Citus can keep each site on one machine. Texts are compared by their bytes, as everywhere else.

CREATE SCHEMA IF NOT EXISTS nabz;

-- The schema that the tables are of: one row.
CREATE TABLE nabz.release (schema integer NOT NULL);

-- The file of each site, as it was last loaded.
CREATE TABLE nabz.sites (
    site text COLLATE "C" NOT NULL PRIMARY KEY,
    file text NOT NULL
);

-- Every definition that was ever asked with. `current` marks the one that is asked now.
CREATE TABLE nabz.definitions (
    site text COLLATE "C" NOT NULL,
    survey text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    definition text NOT NULL,
    current boolean NOT NULL,
    PRIMARY KEY (site, survey, version)
);

-- One row a response. Times are milliseconds since 1970, days count from 1970-01-01. It is
-- revised twice as a rule: the space left free keeps it on its page, without touching an index.
CREATE TABLE nabz.responses (
    site text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    survey text COLLATE "C" NOT NULL,
    submitted_at bigint NOT NULL,
    stored_at bigint NOT NULL,
    -- The response as posted, later revisions merged in: JSON.
    response text NOT NULL,
    -- The day and the buckets it counts in, for each generation: JSON.
    places text NOT NULL,
    -- Left out of every number.
    excluded boolean NOT NULL,
    -- Taken from a file that knows of no showings.
    imported boolean NOT NULL,
    -- What was made of it: status, owner, note, due, who excluded it and why: JSON.
    handling text NOT NULL,
    -- For listing: whether anything was written, and the groups its answers fell into (',low,').
    commented boolean NOT NULL,
    groups text NOT NULL,
    -- The respondent, if the host named them; an index of ids by chance would cost too much.
    respondent text COLLATE "C",
    PRIMARY KEY (site, id)
) WITH (fillfactor = 75);

CREATE INDEX responses_by_time ON nabz.responses (site, survey, submitted_at, id);
CREATE INDEX responses_by_respondent ON nabz.responses (site, respondent)
    WHERE respondent IS NOT NULL;

-- What decides where the responses of a site count: its generations. There is one, or during a
-- rebuild two; `counted_to` is then, in the newer one, the id of the last response placed, and
-- NULL in the one that is shown.
CREATE TABLE nabz.placements (
    site text COLLATE "C" NOT NULL,
    generation bigint NOT NULL,
    time_zone text NOT NULL,
    -- Breakdown keys: JSON.
    breakdowns text NOT NULL,
    counted_to text COLLATE "C",
    PRIMARY KEY (site, generation)
);

-- Counts for each generation, survey, breakdown key ('' for everybody), bucket, day and series ('' for the
-- states, else a question): c0 … c15 count the values 0 … 15. Few rows that change all the time:
-- half of each page stays free for their next versions, and old ones are cleared away early.
CREATE TABLE nabz.tallies (
    site text COLLATE "C" NOT NULL,
    generation bigint NOT NULL,
    survey text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    bucket text COLLATE "C" NOT NULL,
    day integer NOT NULL,
    series text COLLATE "C" NOT NULL,
    c0 bigint NOT NULL, c1 bigint NOT NULL, c2 bigint NOT NULL, c3 bigint NOT NULL,
    c4 bigint NOT NULL, c5 bigint NOT NULL, c6 bigint NOT NULL, c7 bigint NOT NULL,
    c8 bigint NOT NULL, c9 bigint NOT NULL, c10 bigint NOT NULL, c11 bigint NOT NULL,
    c12 bigint NOT NULL, c13 bigint NOT NULL, c14 bigint NOT NULL, c15 bigint NOT NULL,
    PRIMARY KEY (site, generation, survey, key, day, bucket, series)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- The values of a breakdown key that are told apart.
CREATE TABLE nabz.buckets (
    site text COLLATE "C" NOT NULL,
    survey text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    bucket text COLLATE "C" NOT NULL,
    PRIMARY KEY (site, survey, key, bucket)
);

-- What the host's server signs its users' ids with.
CREATE TABLE nabz.secrets (
    site text COLLATE "C" NOT NULL PRIMARY KEY,
    secret text NOT NULL
);

-- Sign-ins to the dashboard, by the hash of their cookie. They belong to no site.
CREATE TABLE nabz.sessions (
    hash text COLLATE "C" NOT NULL PRIMARY KEY,
    expires_at bigint NOT NULL
);
