-- The latest responses that are left out, and the latest words: a page shows few among many.
CREATE INDEX responses_left_out ON responses (site, survey, submitted_at, id) WHERE excluded;
CREATE INDEX responses_with_words ON responses (site, survey, submitted_at, id) WHERE commented;
