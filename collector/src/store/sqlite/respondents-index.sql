-- People named by the host are found by their id.
CREATE INDEX IF NOT EXISTS responses_by_respondent ON responses (site, respondent)
WHERE respondent IS NOT NULL;
