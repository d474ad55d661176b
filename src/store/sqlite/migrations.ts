import type { Database } from 'bun:sqlite'
import { foldedName } from '../../shared/mentions.ts'
import { rekeyNames } from './rekeyNames.ts'

/** SQL, or a function where it needs code. */
type Migration = string | ((db: Database) => void)

/**
 * One migration for each schema number; a released one is never edited. `events` is the log, whose rows are never removed:
 * a deletion empties `data` and `digest`. `messages`, `reactions` and `reaction_kinds` follow from `events`.
 * `reactions.seq` is the event that set the reaction, `since` the one that brought the emoji to the message. `mentions` has a
 * row for each person whom a message notifies, `authors` one for each room that a person has written in.
 */
export const MIGRATIONS: readonly Migration[] = [
  `
  CREATE TABLE rooms (
    room TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    topic TEXT NOT NULL,
    kind TEXT NOT NULL,
    seq INTEGER NOT NULL DEFAULT 0,
    floor INTEGER NOT NULL DEFAULT 1,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE events (
    room TEXT NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    user_id TEXT,
    name TEXT,
    nonce TEXT,
    digest BLOB,
    at INTEGER NOT NULL,
    target TEXT,
    data TEXT,
    PRIMARY KEY (room, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX events_nonce ON events (user_id, nonce);

  CREATE TABLE messages (
    room TEXT NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    user_id TEXT,
    name TEXT,
    nonce TEXT,
    at INTEGER NOT NULL,
    reply_to TEXT,
    text TEXT,
    PRIMARY KEY (room, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX messages_id ON messages (id);

  CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL DEFAULT 'guest',
    at INTEGER NOT NULL,
    seen INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE sessions (
    hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    seen INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_user ON sessions (user_id);

  CREATE TABLE name_keys (
    key TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    held_until INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX name_keys_user ON name_keys (user_id);

  CREATE TABLE members (
    user_id TEXT NOT NULL,
    room TEXT NOT NULL,
    role TEXT NOT NULL,
    read_seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (user_id, room)
  ) STRICT, WITHOUT ROWID;

  INSERT INTO rooms (room, name, topic, kind, at) VALUES ('lobby', 'lobby', '', 'public', unixepoch() * 1000);
  `,
  `
  CREATE INDEX events_target ON events (target, kind) WHERE target IS NOT NULL;

  ALTER TABLE messages ADD COLUMN edited_at INTEGER;
  ALTER TABLE messages ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX messages_pinned ON messages (room, seq) WHERE pinned = 1;

  CREATE TABLE reactions (
    message TEXT NOT NULL,
    emoji TEXT NOT NULL,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    seq INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (message, emoji, user_id)
  ) STRICT, WITHOUT ROWID;
  `,
  // Earlier versions kept digests of deleted content, from which a short text can be guessed (S70).
  `UPDATE events SET digest = x'' WHERE data IS NULL AND length(digest) > 0`,
  `
  CREATE TABLE reaction_kinds (
    message TEXT NOT NULL,
    emoji TEXT NOT NULL,
    since INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (message, emoji)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO reaction_kinds (message, emoji, since, count)
    SELECT message, emoji, min(since), count(*) FROM reactions GROUP BY message, emoji;

  ALTER TABLE reactions RENAME TO reactions_before;
  CREATE TABLE reactions (
    message TEXT NOT NULL,
    emoji TEXT NOT NULL,
    seq INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (message, emoji, seq)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO reactions (message, emoji, seq, user_id, name)
    SELECT message, emoji, seq, user_id, name FROM reactions_before;
  DROP TABLE reactions_before;
  CREATE UNIQUE INDEX reactions_user ON reactions (message, user_id, emoji);

  CREATE INDEX members_room ON members (room);
  `,
  rekeyNames,
  storeMentions,
]

/** A migration. People are found by their names as names are compared, which takes code. */
function storeMentions(db: Database): void {
  db.run(`
    ALTER TABLE messages ADD COLUMN mentions TEXT;
    CREATE TABLE mentions (
      user_id TEXT NOT NULL,
      room TEXT NOT NULL,
      seq INTEGER NOT NULL,
      PRIMARY KEY (user_id, room, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX mentions_message ON mentions (room, seq);

    CREATE TABLE authors (
      user_id TEXT NOT NULL,
      room TEXT NOT NULL,
      PRIMARY KEY (user_id, room)
    ) STRICT, WITHOUT ROWID;
    INSERT OR IGNORE INTO authors (user_id, room)
      SELECT user_id, room FROM events NOT INDEXED WHERE kind = 'message' AND user_id IS NOT NULL;

    ALTER TABLE users ADD COLUMN folded TEXT NOT NULL DEFAULT '';
    CREATE INDEX users_folded ON users (folded);`)
  const fold = db.query('UPDATE users SET folded = ? WHERE id = ?')
  for (const { id, name } of db.query<{ id: string; name: string }, []>('SELECT id, name FROM users').all())
    fold.run(foldedName(name), id)
}

/** The schema that this version writes. */
export const SCHEMA = MIGRATIONS.length

/** The schema of a database; 0 if it is empty. */
export function schemaOf(db: Database): number {
  return db.query<{ user_version: number }, []>('PRAGMA user_version').get()?.user_version ?? 0
}

/** Runs the missing migrations in one transaction. */
export function migrate(db: Database, steps: readonly Migration[] = MIGRATIONS): void {
  const from = schemaOf(db)
  if (from >= steps.length) return
  db.transaction(() => {
    for (const step of steps.slice(from)) {
      if (typeof step === 'string') db.run(step)
      else step(db)
    }
    db.run(`PRAGMA user_version = ${steps.length}`)
  }).immediate()
}
