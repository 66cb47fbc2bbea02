-- People named by the host are found by their id, and a site has a secret to prove it with.
ALTER TABLE responses ADD COLUMN respondent TEXT;
UPDATE responses SET respondent = response ->> '$.respondent'
WHERE response ->> '$.respondent' NOT GLOB '~*';
CREATE TABLE secrets (
    site TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL
) STRICT, WITHOUT ROWID;
