-- The posts of an entry are nearly the same text again and again. LZ4, which a server has from
-- PostgreSQL 14 on if it was built with it, makes a fraction of them, and is faster than writing the
-- rest into log and table would be. What is spread over a cluster already stays as it is: Citus
-- cannot change that.
-- Nobody who posts shall wait behind this one for long, should a copy of the table be under way.
SET LOCAL lock_timeout = '2s';
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_settings
               WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        EXECUTE 'ALTER TABLE nabz.journal ALTER COLUMN posts SET STORAGE EXTENDED,
                 ALTER COLUMN posts SET COMPRESSION lz4';
    END IF;
EXCEPTION WHEN feature_not_supported THEN NULL;
END
$$;
