"""The statements of the writer; `?` is the placeholder, numbered for PostgreSQL by `numbered`."""

import re
from itertools import count

FENCE = (
    "UPDATE run SET last_seq = last_seq + ?, bytes = bytes + ? WHERE id = ? AND token = ? RETURNING last_seq"
)
START = (
    "UPDATE run SET last_seq = last_seq + ?, bytes = bytes + ?, status = ?, started_at = COALESCE(started_at, ?) "
    "WHERE id = ? AND token = ? RETURNING last_seq"
)
RELEASE = (
    "UPDATE run SET last_seq = last_seq + ?, bytes = bytes + ?, status = ?, output = ?, error = ?, wake_at = ?, finished_at = ?, shown_as = ?, "
    "worker_id = NULL WHERE id = ? AND token = ? RETURNING last_seq"
)
WISHES = "SELECT cancel_requested, pause_requested FROM run WHERE id = ?"
INBOX = "SELECT key FROM inbox_item WHERE run_id = ?"
EVENT = (
    "INSERT INTO run_event (run_id, seq, team_id, at, kind, node_id, path, visit, attempt, data) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
STEP = (
    "INSERT INTO step (run_id, team_id, node_id, path, visit, status, attempt, port, input, output, error, "
    "started_at, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
EFFECT = (
    "INSERT INTO effect (run_id, team_id, node_id, path, visit, attempt, n, kind, digest, result, of_output, error, "
    "request, ms, model, input_tokens, output_tokens, cost, first_ms) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
DIVERGED = "UPDATE run SET diverged = ? WHERE id = ? AND token = ? AND diverged IS NULL RETURNING id"
BLOB = "INSERT INTO blob (team_id, digest, data, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
BLOB_USE = "INSERT INTO blob_use (run_id, digest, team_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
# Those who add uses of blobs share this lock, and the pruning that removes unused blobs holds it alone: so a blob that a
# writer found stored cannot be gone when the writer commits. SQLite needs none, since it has one writer at a time.
POSTGRES_SHARE_BLOBS = "SELECT pg_advisory_xact_lock_shared(7162001)"
TELL = "INSERT INTO team_event (id, team_id, name, key, type, payload, at, sent_on) VALUES (?, ?, ?, ?, ?, ?, ?, FALSE)"
CACHE = (
    "INSERT INTO step_cache (team_id, key, port, output, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (team_id, key) DO UPDATE SET port = excluded.port, output = excluded.output, "
    "created_at = excluded.created_at, expires_at = excluded.expires_at"
)
WAIT = (
    "INSERT INTO event_wait (run_id, team_id, node_id, path, visit, number, name, key, over) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, FALSE) ON CONFLICT DO NOTHING"
)
LOOK = (
    "INSERT INTO inbox_item (run_id, key, team_id, payload, at) "
    "SELECT run.id, CAST(? AS VARCHAR) || told.id, told.team_id, told.payload, told.at "
    "FROM team_event AS told JOIN run ON run.team_id = told.team_id "
    "WHERE run.id = ? AND told.name = ? AND told.key = ? AND told.at >= run.created_at ON CONFLICT DO NOTHING"
)
# What Quadrille itself tells is found by what it is about, by its type, or without a key; a run hears nothing of itself.
LOOK_OWN = LOOK.replace(
    "told.key = ?", "(told.key = ? OR told.type = ? OR ? = '') AND told.id NOT LIKE 'evt_' || run.id || '%'"
)
HEARD = (
    "SELECT name FROM event_wait WHERE team_id = ? AND name IN ('workflow.events', 'agent.events') "
    "UNION SELECT topic FROM event_trigger WHERE team_id = ? AND topic IN ('workflow.events', 'agent.events')"
)
END_WAIT = "DELETE FROM event_wait WHERE run_id = ? AND node_id = ? AND path = ? AND visit = ? AND number = ?"
REST_WAIT = "UPDATE event_wait SET over = TRUE WHERE run_id = ? AND node_id = ? AND path = ? AND visit = ? AND number = ?"
END_WAITS = "DELETE FROM event_wait WHERE run_id = ?"
# A question that is being decided at this very moment is left to its decider, who holds it and waits for the run's row.
CLOSE_QUESTIONS = "UPDATE approval SET status = 'closed' WHERE run_id = ? AND status = 'open'"
POSTGRES_CLOSE_QUESTIONS = (
    "UPDATE approval SET status = 'closed' WHERE id IN "
    "(SELECT id FROM approval WHERE run_id = ? AND status = 'open' FOR UPDATE SKIP LOCKED)"
)
LETTER = (
    "INSERT INTO dead_letter (id, team_id, run_id, node_id, path, visit, reason, message, details, status, created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)"
)
LETTER_CLOSED = (
    "UPDATE dead_letter SET status = ?, closed_at = ?, closed_by = ? WHERE run_id = ? AND reason = ? AND node_id = ? "
    "AND path = ? AND visit = ? AND status = 'open'"
)
CHECKPOINT = (
    "INSERT INTO checkpoint (thread_id, team_id, ns, checkpoint_id, parent_id, type, data, about) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (thread_id, ns, checkpoint_id) DO UPDATE SET "
    "parent_id = excluded.parent_id, type = excluded.type, data = excluded.data, about = excluded.about"
)
WRITE_ONCE = (
    "INSERT INTO checkpoint_write (thread_id, team_id, ns, checkpoint_id, task_id, idx, task_path, channel, type, "
    "data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
WRITE_OVER = (
    WRITE_ONCE.removesuffix("DO NOTHING") + "(thread_id, ns, checkpoint_id, task_id, idx) DO UPDATE SET "
    "task_path = excluded.task_path, channel = excluded.channel, type = excluded.type, data = excluded.data"
)


def numbered(statement: str) -> str:
    """The statement with `$1`, `$2` … as asyncpg wants it."""
    numbers = count(1)
    return re.sub(r"\?", lambda _: f"${next(numbers)}", statement)
