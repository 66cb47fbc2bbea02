-- Each batch of a collector is looked for among the entries of all others: this is how those are
-- found without passing over its own, which are nearly all there are.
CREATE INDEX journal_by_writer ON nabz.journal (site, "right"(entry, 16));
