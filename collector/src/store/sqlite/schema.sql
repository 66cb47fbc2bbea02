-- Every key begins with the site, so that a database sharded by site runs the same statements.

-- The file of each site, as it was last loaded.
CREATE TABLE sites (
    site TEXT NOT NULL PRIMARY KEY,
    file TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every definition that was ever asked with. `current` marks the one that is asked now.
CREATE TABLE definitions (
    site TEXT NOT NULL,
    survey TEXT NOT NULL,
    version TEXT NOT NULL,
    definition TEXT NOT NULL,
    current INTEGER NOT NULL,
    PRIMARY KEY (site, survey, version)
) STRICT, WITHOUT ROWID;

-- One row a response. Times are milliseconds since 1970, days count from 1970-01-01.
CREATE TABLE responses (
    site TEXT NOT NULL,
    id TEXT NOT NULL,
    survey TEXT NOT NULL,
    submitted_at INTEGER NOT NULL,
    stored_at INTEGER NOT NULL,
    -- The response as posted, later revisions merged in: JSON.
    response TEXT NOT NULL,
    -- The day and the buckets it counts in, for each generation: JSON.
    places TEXT NOT NULL,
    -- Left out of every number.
    excluded INTEGER NOT NULL,
    -- Taken from a file that knows of no showings.
    imported INTEGER NOT NULL,
    -- What was made of it: status, owner, note, due, who excluded it and why: JSON.
    handling TEXT NOT NULL,
    -- For listing: whether anything was written, and the groups its answers fell into (',low,').
    commented INTEGER NOT NULL,
    groups TEXT NOT NULL,
    -- The respondent, if the host named them; an index of ids by chance would cost too much.
    respondent TEXT,
    PRIMARY KEY (site, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX responses_by_time ON responses (site, survey, submitted_at, id);
-- The latest responses that are left out, and the latest words: a page shows few among many.
CREATE INDEX responses_left_out ON responses (site, survey, submitted_at, id) WHERE excluded;
CREATE INDEX responses_with_words ON responses (site, survey, submitted_at, id) WHERE commented;

-- Posts that were acknowledged and are not written as rows yet: an entry has those of one
-- transaction, a line of JSON for each that came together. `aside` marks one that could not be
-- gone on with.
CREATE TABLE journal (
    entry INTEGER NOT NULL PRIMARY KEY,
    posts TEXT NOT NULL,
    aside INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What decides where the responses of a site count: its generations. There is one, or during a
-- rebuild two; `counted_to` is then, in the newer one, the id of the last response placed, and
-- NULL in the one that is shown.
CREATE TABLE placements (
    site TEXT NOT NULL,
    generation INTEGER NOT NULL,
    time_zone TEXT NOT NULL,
    -- Breakdown keys: JSON.
    breakdowns TEXT NOT NULL,
    counted_to TEXT,
    PRIMARY KEY (site, generation)
) STRICT, WITHOUT ROWID;

-- Counts for each generation, survey, breakdown key ('' for everybody), bucket, day and series ('' for the
-- states, else a question): c0 … c15 count the values 0 … 15.
CREATE TABLE tallies (
    site TEXT NOT NULL,
    generation INTEGER NOT NULL,
    survey TEXT NOT NULL,
    key TEXT NOT NULL,
    bucket TEXT NOT NULL,
    day INTEGER NOT NULL,
    series TEXT NOT NULL,
    c0 INTEGER NOT NULL, c1 INTEGER NOT NULL, c2 INTEGER NOT NULL, c3 INTEGER NOT NULL,
    c4 INTEGER NOT NULL, c5 INTEGER NOT NULL, c6 INTEGER NOT NULL, c7 INTEGER NOT NULL,
    c8 INTEGER NOT NULL, c9 INTEGER NOT NULL, c10 INTEGER NOT NULL, c11 INTEGER NOT NULL,
    c12 INTEGER NOT NULL, c13 INTEGER NOT NULL, c14 INTEGER NOT NULL, c15 INTEGER NOT NULL,
    PRIMARY KEY (site, generation, survey, key, day, bucket, series)
) STRICT, WITHOUT ROWID;

-- The values of a breakdown key that are told apart.
CREATE TABLE buckets (
    site TEXT NOT NULL,
    survey TEXT NOT NULL,
    key TEXT NOT NULL,
    bucket TEXT NOT NULL,
    PRIMARY KEY (site, survey, key, bucket)
) STRICT, WITHOUT ROWID;

-- What the host's server signs its users' ids with.
CREATE TABLE secrets (
    site TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Sign-ins to the dashboard, by the hash of their cookie.
CREATE TABLE sessions (
    hash TEXT NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
