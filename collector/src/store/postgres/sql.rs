//! Every statement that this program runs on PostgreSQL, in one place, so that a test can look at
//! each: one that touches a site's rows names that one site.

/// Declares statements, and a list of all of them.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$doc])* pub(super) const $name: &str = $text;)*
        /// All statements and their names.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

/// The columns of a record, in the order in which they are read.
macro_rules! columns {
    () => {
        "response, places, submitted_at, stored_at, excluded, imported, handling,
         (SELECT generation FROM nabz.placements
          WHERE placements.site = $1 AND counted_to IS NULL) AS shown, id"
    };
}

/// What writes whole records, up to what is done about those that are there.
macro_rules! insert {
    () => {
        "INSERT INTO nabz.responses (site, id, survey, submitted_at, stored_at, response, places,
           excluded, imported, handling, commented, groups, respondent)
         SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[],
           $7::text[], $8::boolean[], $9::boolean[], $10::text[], $11::boolean[], $12::text[],
           $13::text[])"
    };
}

/// The counters of a tally row, with something before and behind each.
macro_rules! cells {
    ($before:literal, $after:literal) => {
        cells!($before, $after; "0" "1" "2" "3" "4" "5" "6" "7" "8" "9" "10" "11" "12" "13" "14" "15")
    };
    ($before:literal, $after:literal; $first:literal $($number:literal)*) => {
        concat!($before, "c", $first, $after $(, ", ", $before, "c", $number, $after)*)
    };
}

/// What raises each counter of a tally row.
macro_rules! sums {
    ($($number:literal)*) => {
        concat!("c0 = t.c0 + excluded.c0" $(, ", c", $number, " = t.c", $number, " + excluded.c", $number)*)
    };
}

/// What has plans made once, until the transaction ends or for good. Citus needs to know the site for
/// a plan, so there each is made anew.
macro_rules! plan_once {
    ($until_the_end:literal) => {
        concat!(
            "SELECT set_config('plan_cache_mode', CASE
               WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
               THEN 'force_custom_plan' ELSE 'force_generic_plan' END, ",
            $until_the_end,
            ")"
        )
    };
}

/// All tables, and whether their rows belong to sites.
pub(super) const TABLES: [(&str, bool); 10] = [
    ("nabz.sites", true),
    ("nabz.definitions", true),
    ("nabz.journal", true),
    ("nabz.responses", true),
    ("nabz.placements", true),
    ("nabz.tallies", true),
    ("nabz.buckets", true),
    ("nabz.secrets", true),
    ("nabz.sessions", false),
    ("nabz.release", false),
];

statements! {
    /// Makes a connection safe: a commit is durable, and nothing waits for ever.
    SETTLE =
        "SELECT set_config('synchronous_commit', 'on', false)
         WHERE current_setting('synchronous_commit') = 'off';
         SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s'";
    /// Has a connection plan each statement anew. A plan that was made while a table was nearly
    /// empty would otherwise go on to read the whole of it when it is large.
    PLAN_ANEW = "SET plan_cache_mode = force_custom_plan";
    /// Has a connection plan each statement once, by its indexes: for statements that leave no choice
    /// and are done so often that planning them anew would be a quarter of the server's work.
    PLAN_ONCE = concat!(plan_once!("false"), "; SET enable_seqscan = off");
    /// Has the rest of a transaction plan each statement once. For what only adds rows there is no
    /// choice, and to plan it anew copies all those rows.
    ADD_ROWS = plan_once!("true");
    /// What the server is.
    SERVER =
        "SELECT version() AS version, current_setting('server_version_num')::integer AS number,
           current_setting('fsync') AS fsync,
           current_setting('transaction_read_only') AS read_only";
    /// Whether there are tables of ours.
    HAS_RELEASE = "SELECT to_regclass('nabz.release') IS NOT NULL";
    /// The schema of the tables.
    RELEASE = "SELECT schema FROM nabz.release";
    /// Notes the schema of the tables.
    SET_RELEASE = "INSERT INTO nabz.release VALUES ($1)";
    /// Notes that the tables are of a newer schema.
    RAISE_RELEASE = "UPDATE nabz.release SET schema = $1";
    /// Lets one program at a time change the schema.
    LOCK_SCHEMA = "SELECT pg_advisory_xact_lock(1851875962, 0)";
    /// Begins a transaction in which every statement sees what was committed before it.
    BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED";
    /// Ends a transaction: it is durable, unless one of its statements failed.
    COMMIT = "COMMIT";
    /// Ends a transaction as if it had never been.
    ROLL_BACK = "ROLLBACK";
    /// Whether the server answers.
    PING = "SELECT 1";

    /// Holds where the responses of a site count, until the transaction ends.
    HOLD_SITE = "SELECT pg_advisory_xact_lock_shared(1851875962, hashtext($1))";
    /// Waits until nobody holds a site, and keeps everybody out until the transaction ends. Unlike
    /// locks of rows these are granted in turn, so that a stream of holders starves nobody.
    CLOSE_SITE = "SELECT pg_advisory_xact_lock(1851875962, hashtext($1))";
    /// Tells all collectors that a site was changed.
    TELL = "SELECT pg_notify('nabz_sites', $1)";
    /// Hears of changed sites.
    LISTEN = "LISTEN nabz_sites";

    /// All sites. This and the next are the only statements about more than one of them.
    SITES = "SELECT site, file FROM nabz.sites";
    /// The keys of all sites that ever had answers to place.
    PLACED_SITES = "SELECT DISTINCT site FROM nabz.placements ORDER BY site";
    /// A site.
    SITE = "SELECT file FROM nabz.sites WHERE site = $1";
    /// Keeps a site.
    PUT_SITE =
        "INSERT INTO nabz.sites (site, file) VALUES ($1, $2)
         ON CONFLICT (site) DO UPDATE SET file = excluded.file";
    /// Forgets a site.
    DROP_SITE = "DELETE FROM nabz.sites WHERE site = $1";

    /// Every definition a site ever asked with.
    DEFINITIONS = "SELECT version, definition, current FROM nabz.definitions WHERE site = $1";
    /// A definition.
    DEFINITION =
        "SELECT definition FROM nabz.definitions WHERE site = $1 AND survey = $2 AND version = $3";
    /// Asks with none of a survey's definitions.
    RETIRE = "UPDATE nabz.definitions SET current = false WHERE site = $1 AND survey = $2";
    /// Keeps a definition.
    PUT_DEFINITION =
        "INSERT INTO nabz.definitions (site, survey, version, definition, current)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (site, survey, version) DO UPDATE SET current = excluded.current";

    /// The generations of a site.
    PLACEMENTS =
        "SELECT generation, time_zone, breakdowns FROM nabz.placements
         WHERE site = $1 ORDER BY generation";
    /// A new generation.
    PUT_PLACEMENT =
        "INSERT INTO nabz.placements (site, generation, time_zone, breakdowns, counted_to)
         VALUES ($1, $2, $3, $4, $5)";
    /// Drops a generation.
    DROP_PLACEMENT = "DELETE FROM nabz.placements WHERE site = $1 AND generation = $2";
    /// Drops the tallies of a generation.
    DROP_TALLIES = "DELETE FROM nabz.tallies WHERE site = $1 AND generation = $2";
    /// The generation that is shown.
    SHOWN =
        "SELECT generation, time_zone FROM nabz.placements
         WHERE site = $1 AND counted_to IS NULL";
    /// The rebuild of a site that is under way.
    REBUILD =
        "SELECT generation, counted_to FROM nabz.placements
         WHERE site = $1 AND counted_to IS NOT NULL";
    /// The next responses to be placed by a rebuild.
    NEXT = concat!(
        "SELECT ", columns!(), " FROM nabz.responses
         WHERE site = $1 AND id > $2 ORDER BY id LIMIT $3");
    /// Notes how far a rebuild has come; with NULL, that it is shown.
    REACHED =
        "UPDATE nabz.placements SET counted_to = $3 WHERE site = $1 AND generation = $2";

    /// Keeps posts until they are folded. One entry is kept once, however often that is tried.
    JOURNAL =
        "INSERT INTO nabz.journal (site, entry, ids, surveys, posts, aside)
         VALUES ($1, $2, $3, $4, $5, false) ON CONFLICT (site, entry) DO NOTHING";
    /// The sites of which posts are kept.
    JOURNALED_SITES = "SELECT DISTINCT site FROM nabz.journal ORDER BY site";
    /// The entries of a site that can be folded.
    ENTRIES = "SELECT entry FROM nabz.journal WHERE site = $1 AND NOT aside ORDER BY entry";
    /// Waits until nobody folds a site, and keeps all others from it until the transaction ends.
    TAKE_TURN = "SELECT pg_advisory_xact_lock(1851875963, hashtext($1))";
    /// Takes entries out, and the posts of some of them along.
    TAKE =
        "DELETE FROM nabz.journal WHERE site = $1 AND entry = ANY($2)
         RETURNING entry, CASE WHEN entry = ANY($3) THEN posts END";
    /// Has an entry folded no more.
    SET_ASIDE = "UPDATE nabz.journal SET aside = true WHERE site = $1 AND entry = $2";
    /// Has all entries of a site folded again.
    BRING_BACK = "UPDATE nabz.journal SET aside = false WHERE site = $1 AND aside";
    /// Has the space of entries that were folded used again. The server would look for it once a
    /// minute, and by then there is much of it.
    SWEEP = "VACUUM (SKIP_LOCKED, TRUNCATE false) nabz.journal";

    /// What there is about responses with these ids and of these surveys: the stored records; and
    /// alone the ids of those about which others than this collector have kept posts, about other
    /// surveys. All as of one moment: what another collector folds is in sight as the one or as the
    /// other. Each record is the first from its id on, if it has that: only one index has them in
    /// that order, so even a server that knows nothing yet of the table takes that one.
    LOOK = concat!(
        "SELECT it.* FROM unnest($2::text[]) AS wanted (id), LATERAL (SELECT ", columns!(), "
         FROM nabz.responses WHERE site = $1 AND id >= wanted.id ORDER BY id LIMIT 1) AS it
         WHERE it.id = wanted.id
         UNION ALL
         SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, ours.id
         FROM (SELECT ids, surveys FROM nabz.journal
               WHERE site = $1 AND right(entry, 16) < $4
               UNION ALL SELECT ids, surveys FROM nabz.journal
               WHERE site = $1 AND right(entry, 16) > $4) AS j,
           unnest(j.ids, j.surveys) AS theirs (id, survey),
           unnest($2::text[], $3::text[]) AS ours (id, survey)
         WHERE theirs.id = ours.id AND theirs.survey <> ours.survey");
    /// Whether [`LOOK`] may find anything: a record between the first of its ids and the last, or
    /// anything that others than this collector have kept. As there, only one index has the records
    /// in that order.
    GLANCE =
        "SELECT 1 FROM (SELECT id FROM nabz.responses WHERE site = $1 AND id >= $2
                        ORDER BY id LIMIT 1) AS it WHERE it.id <= $3
         UNION ALL SELECT 1 FROM nabz.journal WHERE site = $1 AND right(entry, 16) < $4
         UNION ALL SELECT 1 FROM nabz.journal WHERE site = $1 AND right(entry, 16) > $4
         LIMIT 1";
    /// The records with these ids, held in this order until the transaction ends. Each is looked for
    /// on its own: a server that does not know yet how many there are would read all of a site.
    RECORDS = concat!(
        "SELECT it.* FROM unnest($2::text[]) AS wanted (id), LATERAL (SELECT ", columns!(), "
         FROM nabz.responses WHERE site = $1 AND id = wanted.id LIMIT 1 FOR UPDATE) AS it");
    /// Writes new records. It fails when somebody else wrote one of them meanwhile.
    INSERT = insert!();
    /// Writes records that are there already.
    UPDATE =
        "UPDATE nabz.responses AS r SET response = n.response, places = n.places,
           excluded = n.excluded, handling = n.handling, commented = n.commented,
           groups = n.groups, respondent = n.respondent
         FROM unnest($2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::boolean[],
           $8::text[], $9::text[])
           AS n (id, response, places, excluded, handling, commented, groups, respondent)
         WHERE r.site = $1 AND r.id = n.id";
    /// Deletes records.
    ERASE = "DELETE FROM nabz.responses WHERE site = $1 AND id = ANY($2)";

    /// Writes records as they are, also over those that are there.
    PUT_RECORDS = concat!(
        insert!(), " ON CONFLICT (site, id) DO UPDATE SET survey = excluded.survey,
           submitted_at = excluded.submitted_at, stored_at = excluded.stored_at,
           response = excluded.response, places = excluded.places, excluded = excluded.excluded,
           imported = excluded.imported, handling = excluded.handling,
           commented = excluded.commented, groups = excluded.groups,
           respondent = excluded.respondent");
    /// What can change about records, as digests.
    DIGESTS =
        "SELECT id, sha256(convert_to(response || places || handling || excluded::text, 'UTF8'))
         FROM nabz.responses WHERE site = $1 AND id = ANY($2)";
    /// How many responses a site has.
    COUNT = "SELECT count(*) FROM nabz.responses WHERE site = $1";

    /// The buckets of a breakdown.
    BUCKETS = "SELECT bucket FROM nabz.buckets WHERE site = $1 AND survey = $2 AND key = $3";
    /// Keeps buckets.
    PUT_BUCKETS =
        "INSERT INTO nabz.buckets (site, survey, key, bucket)
         SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[])
         ON CONFLICT (site, survey, key, bucket) DO NOTHING";

    /// Adds to tallies.
    ADD = concat!(
        "INSERT INTO nabz.tallies AS t (site, generation, survey, key, bucket, day, series, ",
        cells!("", ""), ")
         SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::integer[],
           $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[],
           $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[],
           $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::bigint[],
           $23::bigint[])
         ON CONFLICT (site, generation, survey, key, day, bucket, series) DO UPDATE SET ",
        sums!("1" "2" "3" "4" "5" "6" "7" "8" "9" "10" "11" "12" "13" "14" "15"));
    /// The tallies of a generation, a survey, a breakdown key and a range of days.
    TALLY = concat!(
        "SELECT day, bucket, series, ", cells!("", ""), " FROM nabz.tallies
         WHERE site = $1 AND generation = $2 AND survey = $3 AND key = $4
           AND day BETWEEN $5 AND $6");

    /// One page of responses, newest first.
    PAGE = concat!(
        "SELECT ", columns!(), " FROM nabz.responses
         WHERE site = $1 AND survey = $2 AND (submitted_at, id) < ($3, $4)
           AND (NOT $5 OR commented) AND ($6 = '' OR strpos(groups, $6) > 0)
           AND excluded = coalesce($8, excluded)
         ORDER BY submitted_at DESC, id DESC LIMIT $7");
    /// Responses, oldest first.
    OLDEST_FIRST = concat!(
        "SELECT ", columns!(), " FROM nabz.responses
         WHERE site = $1 AND survey = $2 AND (submitted_at, id) > ($3, $4)
         ORDER BY submitted_at, id LIMIT $5");
    /// The keys of all attributes of a survey's responses.
    ATTRIBUTE_KEYS =
        "SELECT DISTINCT json_object_keys(response::json -> 'attributes') COLLATE \"C\" AS key
         FROM nabz.responses WHERE site = $1 AND survey = $2 ORDER BY key";
    /// Which of these ids belong to other surveys.
    OF_OTHER_SURVEYS =
        "SELECT id, survey FROM nabz.responses
         WHERE site = $1 AND survey <> $2 AND id = ANY($3) ORDER BY id";

    /// The responses of a respondent whom the host named, newest first.
    OF_NAMED = concat!(
        "SELECT ", columns!(), " FROM nabz.responses
         WHERE site = $1 AND respondent = $2
         ORDER BY submitted_at DESC, id DESC LIMIT $3");
    /// The responses of a respondent whose id a browser drew.
    OF_DRAWN = concat!(
        "SELECT ", columns!(), " FROM nabz.responses
         WHERE site = $1 AND respondent IS NULL AND response::json ->> 'respondent' = $2
         ORDER BY submitted_at DESC, id DESC LIMIT $3");

    /// The version of the definition that a response was asked with.
    ASKED_VERSION =
        "SELECT response::json ->> 'version' FROM nabz.responses WHERE site = $1 AND id = $2";

    /// The surveys of a site that have rows or tallies.
    SURVEYS =
        "SELECT survey FROM nabz.responses WHERE site = $1
         UNION SELECT survey FROM nabz.tallies WHERE site = $1 ORDER BY survey";
    /// All responses of a survey.
    ALL_RECORDS = concat!(
        "SELECT ", columns!(), " FROM nabz.responses WHERE site = $1 AND survey = $2");
    /// All tallies of a survey, of every generation.
    ALL_TALLIES = concat!(
        "SELECT key, bucket, series, generation, day, ", cells!("", ""),
        " FROM nabz.tallies WHERE site = $1 AND survey = $2");
    /// Drops the tallies of a survey.
    DROP_SURVEY_TALLIES = "DELETE FROM nabz.tallies WHERE site = $1 AND survey = $2";

    /// Keeps a site's first secret.
    PUT_SECRET =
        "INSERT INTO nabz.secrets (site, secret) VALUES ($1, $2) ON CONFLICT (site) DO NOTHING";
    /// Keeps another secret.
    SET_SECRET =
        "INSERT INTO nabz.secrets (site, secret) VALUES ($1, $2)
         ON CONFLICT (site) DO UPDATE SET secret = excluded.secret";
    /// A site's secret.
    SECRET = "SELECT secret FROM nabz.secrets WHERE site = $1";

    /// Drops the sign-ins that have ended.
    END_SESSIONS = "DELETE FROM nabz.sessions WHERE expires_at <= $1";
    /// Keeps a sign-in.
    PUT_SESSION =
        "INSERT INTO nabz.sessions (hash, expires_at) VALUES ($1, $2)
         ON CONFLICT (hash) DO UPDATE SET expires_at = excluded.expires_at";
    /// Ends a sign-in.
    DROP_SESSION = "DELETE FROM nabz.sessions WHERE hash = $1";
    /// Whether there is a sign-in.
    HAS_SESSION =
        "SELECT count(*) > 0 FROM nabz.sessions WHERE hash = $1 AND expires_at > $2";

    /// Whether this is a Citus cluster.
    HAS_CITUS = "SELECT count(*) > 0 FROM pg_extension WHERE extname = 'citus'";
    /// Whether Citus knows a table.
    IS_DISTRIBUTED = "SELECT 1 FROM pg_dist_partition WHERE logicalrelid = $1::text::regclass";
    /// Has Citus spread a table by site; sites lie together with all that is theirs.
    DISTRIBUTE =
        "SELECT create_distributed_table($1::text::regclass, 'site',
           colocate_with => CASE $1::text WHEN 'nabz.sites' THEN 'default' ELSE 'nabz.sites' END)";
    /// Has Citus copy a table to each machine.
    COPY_EVERYWHERE = "SELECT create_reference_table($1::text::regclass)";
}
