/**
 * What the store keeps, in the first schema of the connection's `search_path`:
 *
 * | table | what |
 * |---|---|
 * | `ai_keys_meta` | of each namespace: `epoch`, a mark of this data, another after a loss, and the numbers of the last batch that all were told (`seq`) and that nobody was (`quiet`) |
 * | `ai_keys_fields` | a row for each field: of a register (`r`) version, tie and JSON, of a maximum (`m`) or sum (`s`) the number |
 * | `ai_keys_batches` | batches that were applied, and the changes of those that do not fit into a notification or that nobody was told (with `quiet`, their number, and their `writer`); kept 10 minutes |
 * | `ai_keys_locks` | who holds a lock, and until when |
 *
 * Names of documents and fields, and ties, are compared by byte (`COLLATE "C"`), and are ASCII.
 */
const TABLES = `
CREATE TABLE IF NOT EXISTS ai_keys_meta (
  namespace text COLLATE "C" PRIMARY KEY,
  epoch text NOT NULL,
  seq bigint NOT NULL
);
CREATE TABLE IF NOT EXISTS ai_keys_fields (
  namespace text COLLATE "C",
  doc text COLLATE "C",
  kind text COLLATE "C",
  field text COLLATE "C",
  number double precision,
  version bigint,
  tie text COLLATE "C",
  value text,
  PRIMARY KEY (namespace, doc, kind, field)
) WITH (fillfactor = 80);
CREATE TABLE IF NOT EXISTS ai_keys_batches (
  namespace text COLLATE "C",
  id text COLLATE "C",
  at timestamptz NOT NULL,
  changes text,
  PRIMARY KEY (namespace, id)
);
ALTER TABLE ai_keys_meta ADD COLUMN IF NOT EXISTS quiet bigint NOT NULL DEFAULT 0;
ALTER TABLE ai_keys_batches ADD COLUMN IF NOT EXISTS quiet bigint;
ALTER TABLE ai_keys_batches ADD COLUMN IF NOT EXISTS writer text;
CREATE INDEX IF NOT EXISTS ai_keys_batches_by_age ON ai_keys_batches (namespace, at);
CREATE INDEX IF NOT EXISTS ai_keys_batches_by_quiet ON ai_keys_batches (namespace, quiet) WHERE quiet IS NOT NULL;
CREATE TABLE IF NOT EXISTS ai_keys_locks (
  namespace text COLLATE "C",
  name text COLLATE "C",
  holder text NOT NULL,
  until timestamptz NOT NULL,
  PRIMARY KEY (namespace, name)
);
`;

/** Another version of the function gets another name, so that instances of both versions may run side by side. */
const WRITE_FUNCTION = 'ai_keys_write_2(text, text, text, text, text, text, boolean)';

/** The longest text of changes that is told in the notification itself; one may have less than 8,000 bytes. */
const INLINE_BYTES = 7_600;

/**
 * Applies a batch once, tells it on a channel (that of all instances, or of one; without one to nobody), and returns the epoch. One call is one transaction of its own: a client that stops in the
 * middle holds no lock. The row of the namespace is locked first, so batches of a namespace come one after the other, are numbered in the
 * order in which they take effect, and are told in this order.
 */
const WRITE_BODY = `
CREATE OR REPLACE FUNCTION ai_keys_write_2(ns text, batch_id text, writer text, fresh_epoch text, channel text, packed text, is_for_all boolean)
RETURNS text LANGUAGE plpgsql AS $body$
DECLARE
  mark text;
  next_seq bigint;
  next_quiet bigint;
  is_quiet boolean := channel = '';
  changes json := packed::json;
  dropped text[];
  is_inline boolean := octet_length(packed) <= ${INLINE_BYTES};
BEGIN
  INSERT INTO ai_keys_meta (namespace, epoch, seq) VALUES (ns, fresh_epoch, 0) ON CONFLICT DO NOTHING;
  SELECT m.epoch, m.seq, m.quiet INTO STRICT mark, next_seq, next_quiet FROM ai_keys_meta m WHERE m.namespace = ns FOR UPDATE;
  INSERT INTO ai_keys_batches (namespace, id, at, changes, quiet, writer)
    VALUES (ns, batch_id, clock_timestamp(), CASE WHEN is_inline AND NOT is_quiet THEN NULL ELSE packed END,
      CASE WHEN is_quiet THEN next_quiet + 1 END, ai_keys_write_2.writer)
    ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN mark; END IF;

  SELECT array_agg(c ->> 1) INTO dropped FROM json_array_elements(changes) c WHERE c ->> 0 = 'd';
  IF dropped IS NOT NULL THEN
    DELETE FROM ai_keys_fields f WHERE f.namespace = ns AND f.doc = ANY (dropped);
    -- Who reads what nobody was told finds drops at their place in it.
    IF NOT is_quiet THEN
      INSERT INTO ai_keys_batches (namespace, id, at, changes, quiet, writer)
        VALUES (ns, batch_id || ' drops', clock_timestamp(),
          (SELECT json_agg(c)::text FROM json_array_elements(changes) c WHERE c ->> 0 = 'd'), next_quiet + 1, ai_keys_write_2.writer);
    END IF;
  END IF;

  INSERT INTO ai_keys_fields AS f (namespace, doc, kind, field, number, version, tie, value)
  SELECT ns, c ->> 1, c ->> 0, c ->> 2,
    CASE WHEN c ->> 0 <> 'r' THEN (c ->> 3)::double precision END,
    CASE WHEN c ->> 0 = 'r' THEN (c ->> 3)::bigint END, c ->> 4, c ->> 5
  FROM json_array_elements(changes) c WHERE c ->> 0 <> 'd'
  ON CONFLICT (namespace, doc, kind, field) DO UPDATE SET
    number = CASE WHEN f.kind = 's' AND abs(f.number) < 'Infinity' THEN f.number + excluded.number ELSE excluded.number END,
    version = excluded.version, tie = excluded.tie, value = excluded.value
  WHERE CASE f.kind
    WHEN 's' THEN true
    WHEN 'm' THEN (abs(f.number) < 'Infinity') IS NOT TRUE OR excluded.number > f.number
    -- A version out of its bounds is damage, and gives way to any other.
    ELSE (f.version BETWEEN 0 AND 4294967296) IS NOT TRUE OR excluded.version > f.version
      OR excluded.version = f.version AND excluded.tie > coalesce(f.tie, '')
  END;

  IF is_for_all THEN next_seq := next_seq + 1; END IF;
  IF is_quiet OR dropped IS NOT NULL THEN next_quiet := next_quiet + 1; END IF;
  UPDATE ai_keys_meta m SET seq = next_seq, quiet = next_quiet WHERE m.namespace = ns;
  IF NOT is_quiet THEN
    PERFORM pg_notify(channel, concat_ws(' ', mark, next_seq, writer, CASE WHEN is_inline THEN packed ELSE '@' || batch_id END));
  END IF;
  IF (next_seq + next_quiet) % 50 = 0 THEN
    DELETE FROM ai_keys_batches b WHERE b.namespace = ns AND b.at < clock_timestamp() - interval '10 minutes';
  END IF;
  RETURN mark;
END $body$;
`;

/** Makes what is missing. One transaction under a lock, since instances that start at once would trip over each other. */
export const MAKE_SCHEMA = `SELECT pg_advisory_xact_lock(hashtext('nestjs-ai-key-management'));${TABLES}${WRITE_BODY}`;

const NAMES = ['meta', 'fields', 'batches', 'locks'].map((each) => `to_regclass('ai_keys_${each}')`);

/** → 1 on a standby, the schema of the tables, 1 if all of them and the function are there. */
export const LOOK_AT_SCHEMA = `
SELECT pg_is_in_recovery()::int::text,
  (SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass('ai_keys_meta')),
  (num_nulls(${NAMES.join(', ')}, to_regprocedure('${WRITE_FUNCTION}')) = 0)::int::text`;

/** What every connection needs, whatever database and role have as defaults. */
export const sessionSettings = (timeoutMs: number): string =>
  `SET statement_timeout = ${Math.ceil(timeoutMs)}; SET default_transaction_isolation = 'read committed'; ` +
  `SET extra_float_digits = 3; SET client_min_messages = warning`;

/** namespace → epoch, number of the last batch, the server's time in milliseconds, 1 on a standby. */
export const HELLO = `
SELECT coalesce((SELECT m.epoch FROM ai_keys_meta m WHERE m.namespace = $1), ''),
  coalesce((SELECT m.seq FROM ai_keys_meta m WHERE m.namespace = $1), 0)::text,
  (extract(epoch FROM clock_timestamp()) * 1000)::text, pg_is_in_recovery()::int::text`;

/** namespace, batch id, writer, an epoch for data that has none, channel or '', packed changes, whether all are to hear of it. */
export const WRITE = 'SELECT ai_keys_write_2($1, $2, $3, $4, $5, $6, $7)';

/** namespace, a number, most rows → epoch, number of the last batch that nobody was told; number, writer and changes of those after the given one. */
export const SINCE = `
SELECT m.epoch, m.quiet::text, b.quiet::text, b.writer, b.changes
FROM ai_keys_meta m LEFT JOIN LATERAL (
  SELECT q.quiet, q.writer, q.changes FROM ai_keys_batches q
  WHERE q.namespace = $1 AND q.quiet > $2::bigint ORDER BY q.quiet LIMIT $3
) b ON true
WHERE m.namespace = $1 ORDER BY b.quiet`;

const ROWS = `
SELECT (SELECT m.seq::text FROM ai_keys_meta m WHERE m.namespace = $1),
  f.doc, f.kind, f.field, f.number::text, f.version::text, f.tie, f.value
FROM ai_keys_fields f`;

/** namespace, prefix, the last document of the page before or '', the end of the prefix, most rows → fields in the order of their documents. */
export const LOAD = `${ROWS}
WHERE f.namespace = $1 AND f.doc >= $2 AND f.doc > $3 AND f.doc < $4
ORDER BY f.namespace, f.doc, f.kind, f.field LIMIT $5`;

/** namespace, document → all its fields. */
export const LOAD_ONE = `${ROWS} WHERE f.namespace = $1 AND f.doc = $2`;

/** namespace, batch id → the changes of a batch that did not fit into its notification. */
export const CHANGES = 'SELECT changes FROM ai_keys_batches WHERE namespace = $1 AND id = $2';

/** namespace, name, holder, milliseconds → a row if the holder has it now. */
export const LOCK = `
INSERT INTO ai_keys_locks AS l (namespace, name, holder, until)
VALUES ($1, $2, $3, clock_timestamp() + $4::double precision * interval '1 millisecond')
ON CONFLICT (namespace, name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE l.holder = excluded.holder OR l.until <= clock_timestamp()
RETURNING 1`;

/** namespace, name, holder. */
export const UNLOCK = 'DELETE FROM ai_keys_locks WHERE namespace = $1 AND name = $2 AND holder = $3';
