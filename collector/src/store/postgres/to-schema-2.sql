-- What was posted and not written as rows yet: an entry for each site of a batch. It stays in sight
-- of all collectors, so that any of them can go on with it.
CREATE TABLE nabz.journal (
    site text COLLATE "C" NOT NULL,
    -- When it was written, and by which collector.
    entry text COLLATE "C" NOT NULL,
    -- The responses that this collector heard of first in this entry, and their surveys.
    ids text[] COLLATE "C" NOT NULL,
    surveys text[] COLLATE "C" NOT NULL,
    -- The posts: JSON.
    posts text NOT NULL,
    -- It could not be folded, and waits until somebody has mended what is in its way.
    aside boolean NOT NULL,
    PRIMARY KEY (site, entry)
);
-- It is read once and soon: to compress it as columns are by default would cost more.
ALTER TABLE nabz.journal ALTER COLUMN posts SET STORAGE EXTERNAL;
