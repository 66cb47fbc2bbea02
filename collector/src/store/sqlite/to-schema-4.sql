-- Posts that were acknowledged and are not written as rows yet.
CREATE TABLE journal (
    entry INTEGER NOT NULL PRIMARY KEY,
    posts TEXT NOT NULL,
    aside INTEGER NOT NULL DEFAULT 0
) STRICT;
