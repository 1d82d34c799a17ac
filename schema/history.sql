-- The history of marathon-tally, one SQLite file. The v_ views (views.sql) are API (README, "SQL"); tables may
-- change with user_version. Times end in _ms: UTC milliseconds since 1970. Text that repeats (states, hosts,
-- versions, event types, check keys) is kept once in `text`. NULL means: not known, or there is none.

CREATE TABLE meta(
  key TEXT PRIMARY KEY,            -- 'journal_begin': what lies before it in the journal is in this file;
                                   -- 'next_connection': the number of the next connection or file;
                                   -- 'history_number': tells this history from others;
                                   -- 'pruned_to': inputs up to this checkpoint are pruned, or being so,
                                   -- 'pruned': so far up to this seq, 'pruned_rejected': and up to this row of `rejected`;
                                   -- 'pruned_bytes': which gave so many bytes free;
                                   -- 'recording_HASH': the number of the recording that begins like that
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE source(
  source_id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,       -- as named by the user
  last_event_ms INTEGER,           -- the greatest event time so far: the source's clock
  tasks_forgotten INTEGER NOT NULL DEFAULT 0,       -- those with an ended_seq up to this the fold has forgotten,
  instances_forgotten INTEGER NOT NULL DEFAULT 0,   -- instances by idle_seq,
  deployments_forgotten INTEGER NOT NULL DEFAULT 0, -- deployments by closed_seq
  framework TEXT,                  -- Marathon's frameworkId: which cluster it is
  reconciled INTEGER NOT NULL DEFAULT 0,  -- 1: a snapshot was compared with what events had told
  stopped INTEGER NOT NULL DEFAULT 0,     -- 1: the daemon ended cleanly
  by_callback INTEGER NOT NULL DEFAULT 0, -- 1: some inputs came by HTTP callbacks
  journal_position INTEGER NOT NULL DEFAULT 0, -- all before it in the journal is in this file
  journal_holds INTEGER NOT NULL DEFAULT 0, -- 1: what comes next is held until a snapshot is compared
  pruned_ms INTEGER                -- the newest event time that was pruned: what is not newer and not known is a duplicate
) STRICT;

-- One attached stream: from its first byte to its last.
CREATE TABLE session(
  source_id INTEGER NOT NULL,
  number INTEGER NOT NULL,         -- from 1 within the source
  start_ms INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,        -- its last byte or event, as of the last mark
  end_ms INTEGER,                  -- NULL: open
  connection INTEGER NOT NULL,
  cause TEXT,                      -- why it ended
  url TEXT NOT NULL,               -- who served it, without credentials
  events INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY(source_id, number)
) STRICT, WITHOUT ROWID;

-- Time in which nobody listened, or (cause history_unwritable) in which we could not keep what came.
CREATE TABLE gap(
  source_id INTEGER NOT NULL,
  number INTEGER NOT NULL,         -- from 1 within the source
  start_ms INTEGER NOT NULL,
  end_ms INTEGER,                  -- NULL: open
  cause TEXT NOT NULL,             -- why the session before it ended
  last_error TEXT,                 -- why the last attempt failed
  attempts INTEGER NOT NULL,
  lost INTEGER,                    -- events received and not kept; NULL: not known
  reconciled INTEGER NOT NULL,     -- 1: a snapshot was compared after it
  inferred INTEGER NOT NULL,       -- differences it showed
  PRIMARY KEY(source_id, number)
) STRICT, WITHOUT ROWID;

-- Inputs of the fold that are not events: the life of the stream, losses, what snapshots showed.
CREATE TABLE mark(
  seq INTEGER PRIMARY KEY,         -- order of the fold, together with event.seq
  last_seq INTEGER NOT NULL,       -- each difference that a snapshot showed has a seq of its own, from seq to this
  source_id INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,        -- wall clock
  kind TEXT NOT NULL,
  packed INTEGER NOT NULL,         -- 1: body is zstd
  body BLOB NOT NULL               -- see src/record/mark_code.hpp
) STRICT;

CREATE TABLE text(
  text_id INTEGER PRIMARY KEY,
  value TEXT NOT NULL UNIQUE
) STRICT;

-- The first 64 unknown names of each kind, in order of arrival: they are label values.
CREATE TABLE label(
  label_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL,
  kind TEXT NOT NULL,              -- event_type, task_state, condition, protocol, action
  name TEXT NOT NULL,
  UNIQUE(source_id, kind, name)
) STRICT;

CREATE TABLE app(
  app_id INTEGER PRIMARY KEY,      -- given out by the fold, in order of first sight
  source_id INTEGER NOT NULL,
  name TEXT NOT NULL,              -- the path of an app or pod
  counted_as_other INTEGER NOT NULL, -- 1: past the series cap at first sight, its label is `other`
  ended INTEGER NOT NULL,          -- 1: app_terminated_event came and nothing revived it
  last_received_ms INTEGER NOT NULL, -- of its last event; kept up to date only once it ended
  healthy_now INTEGER NOT NULL,    -- entities that are healthy
  unhealthy_now INTEGER NOT NULL,
  health_seen INTEGER NOT NULL,    -- 1: some entity of it ever had a known health
  accrued_until_ms INTEGER,        -- its health time is counted up to here
  unhealthy_ms INTEGER NOT NULL,
  observed_ms INTEGER NOT NULL,
  last_deployment_ms INTEGER,      -- duration of the last counted deployment
  last_deployment_ended_ms INTEGER,
  UNIQUE(name, source_id)
) STRICT;

-- Every instance, or what stands for one: a legacy task a.UUID belongs to a.marathon-UUID. Health is kept here.
CREATE TABLE instance(
  instance_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  app_id INTEGER NOT NULL,
  condition_id INTEGER,            -- text; NULL: no instance_changed_event so far; 'none' and ended: found gone
  since_ms INTEGER,                -- when the condition was entered
  first_seen_ms INTEGER NOT NULL,
  ended INTEGER NOT NULL,          -- 1: since_ms a final condition was entered, or it was found gone; 0 again when relaunched
  created_after_ms INTEGER,        -- last Created or Provisioned, after first_seen_ms
  health INTEGER NOT NULL,         -- 0 unknown, 1 healthy, 2 unhealthy
  health_since_ms INTEGER,
  health_ended INTEGER NOT NULL,   -- 1: health events move nothing until it lives again
  has_instance_health INTEGER NOT NULL, -- 1: had an instance_health_changed_event
  idle_seq INTEGER,                -- the input after which nothing of it was alive
  host_id INTEGER,                 -- text
  health_counts_from_ms INTEGER,   -- after the source's last_event_ms: its time of health is counted from here on
  since_inferred INTEGER NOT NULL DEFAULT 0 -- since_ms is 0: of an event, 1: told by a snapshot, 2: its upper bound
) STRICT;

CREATE TABLE task(
  task_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  instance_id INTEGER NOT NULL,
  app_id INTEGER NOT NULL,
  state_id INTEGER NOT NULL,       -- text; 'none' and ended: a snapshot found it gone
  since_ms INTEGER NOT NULL,       -- when the state was entered
  first_seen_ms INTEGER NOT NULL,
  staging_after_ms INTEGER,        -- first sight, if that was TASK_STAGING, after first_seen_ms
  started INTEGER NOT NULL,        -- 1: has been TASK_RUNNING
  ended_seq INTEGER,               -- the input that ended it, at since_ms; NULL: in the current set
  host_id INTEGER,                 -- text
  version_id INTEGER,              -- text
  since_inferred INTEGER NOT NULL DEFAULT 0 -- as in instance
) STRICT;

CREATE TABLE deployment(
  deployment_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL,
  name TEXT NOT NULL,              -- Marathon's deployment id
  kind TEXT NOT NULL,
  outcome TEXT NOT NULL,           -- `running` while open
  requested_ms INTEGER,            -- plan.version
  started_ms INTEGER,              -- first deployment_info
  ended_ms INTEGER,
  succeeded_ms INTEGER,            -- first deployment_success
  failed_ms INTEGER,               -- first deployment_failed
  steps INTEGER NOT NULL,
  steps_done INTEGER NOT NULL,     -- successes
  reruns INTEGER NOT NULL,
  reason TEXT,
  counted_outcome TEXT,            -- what the counters counted, once
  counted_kind TEXT,
  plan_known INTEGER NOT NULL,
  has_info INTEGER NOT NULL,
  reason_cancels INTEGER NOT NULL, -- 1: the reason of deployment_failed says "cancel"
  contradicted INTEGER NOT NULL,   -- 1: both finals came
  action_bits INTEGER NOT NULL,    -- start 1, restart 2, scale 4, stop 8, other 16
  closed_seq INTEGER,              -- the input that closed it
  inferred INTEGER NOT NULL DEFAULT 0, -- 1: known, or closed (then outcome `unknown`, no ended_ms), by a snapshot only
  UNIQUE(name, source_id)
) STRICT;

CREATE TABLE deployment_step(
  deployment_id INTEGER NOT NULL,
  step INTEGER NOT NULL,           -- from 1
  actions TEXT NOT NULL,           -- JSON array of {"action","app"}
  started_ms INTEGER,
  ended_ms INTEGER,
  open INTEGER NOT NULL,
  connection INTEGER NOT NULL,     -- or file, that opened it; 0: a replay of version 1
  result TEXT,                     -- success, failed
  PRIMARY KEY(deployment_id, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE deployment_app(
  deployment_id INTEGER NOT NULL,
  app_id INTEGER NOT NULL,
  action TEXT NOT NULL,
  counted INTEGER NOT NULL,        -- 1: known when the deployment was counted
  PRIMARY KEY(deployment_id, app_id, action)
) STRICT, WITHOUT ROWID;

-- What inputs have in common: few rows, named by many.
CREATE TABLE kind(
  kind_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL,
  event_type TEXT,                 -- NULL: no event, but what a snapshot showed (inferred)
  received INTEGER NOT NULL,       -- 1: the receive time was used (clock = 'received')
  fact INTEGER NOT NULL,           -- 0 none, 1 task transition, 2 an unexpected one, 3 late event of a task,
                                   -- 4 instance transition, 5 health failure, 6 health transition
  from_name TEXT,                  -- state, condition or health before; of a failure the protocol
  to_name TEXT                     -- and after; of a failure the check
) STRICT;
CREATE INDEX kind_names ON kind(source_id, event_type, fact, from_name, to_name);

-- Every event with the fact it made, and every difference of a snapshot that made one.
CREATE TABLE input(
  seq INTEGER PRIMARY KEY,         -- order of the fold, over all sources
  time_ms INTEGER NOT NULL,        -- the time used, never computed again; of a difference not later than this
  kind_id INTEGER NOT NULL,
  connection INTEGER,              -- or file; NULL: a replay of version 1, or a difference
  app_id INTEGER,
  task_id INTEGER,                 -- what facts 1 to 3 are about
  subject INTEGER,                 -- what else it is about: row << 2 | 0 deployment, 1 task, 2 instance, 3 text
  entity INTEGER,                  -- whom the event names, where that is another: as in subject; 0: nobody
  lag_ms INTEGER,                  -- receive time minus time, NULL in a replay; of a difference time_ms minus `time_low`
  dwell_ms INTEGER,                -- how long what went before had lasted
  host_id INTEGER,                 -- text
  version_id INTEGER,              -- text
  message TEXT
) STRICT;
CREATE INDEX input_task ON input(task_id) WHERE task_id IS NOT NULL;

-- Where in `input` the minutes lie, so that a time is found without an index entry for each input.
CREATE TABLE minute(
  minute INTEGER NOT NULL,         -- time_ms / 60000, rounded down
  source_id INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,      -- its inputs of that minute lie from here
  last_seq INTEGER NOT NULL,       -- to here, with others between
  inputs INTEGER NOT NULL,
  PRIMARY KEY(minute, source_id)
) STRICT, WITHOUT ROWID;

-- Bodies of events that are not in a block (yet).
CREATE TABLE payload(
  seq INTEGER PRIMARY KEY,
  body TEXT NOT NULL
) STRICT;

-- Payloads of a bulk replay, many to a block. What reads them is src/record/payloads.hpp.
CREATE TABLE payload_block(
  first_seq INTEGER PRIMARY KEY,
  last_seq INTEGER NOT NULL,       -- no other block has an event between the two
  events INTEGER NOT NULL,         -- how many have their payload here
  packed BLOB NOT NULL,            -- zstd
  layout INTEGER NOT NULL DEFAULT 0 -- 1: as src/record/payload_layout.hpp has it; 0, of versions 2 and 3: seq less
                                   -- first_seq and length of each (32 bits, little endian), then the bodies
) STRICT;

-- 128-bit hashes of the bodies stored, near in time together: who comes again is a duplicate.
CREATE TABLE identity(
  identity_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL,
  bucket INTEGER NOT NULL,         -- own time / 65536 ms; bodies without a time: below -2^40, by hash; parts of
                                   -- a bucket with over 65,536 bodies: below -2^55
  connection INTEGER NOT NULL,
  hashes BLOB,                     -- 16 bytes each; NULL: those of the payloads
  first_seq INTEGER,               -- of the events from here
  last_seq INTEGER                 -- to here whose time lies in the bucket
) STRICT;
CREATE INDEX identity_bucket ON identity(source_id, bucket);

CREATE TABLE rejected(
  rejected_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,        -- receive time
  seq INTEGER,                     -- the event, for missing_field
  reason TEXT NOT NULL,
  what TEXT NOT NULL,              -- the field or fault, and where
  sample TEXT                      -- first 4096 bytes; NULL after 100 of a reason within a minute
) STRICT;

-- Where the fold can be taken up: the state after an input, as JSON in many parts. See src/record/checkpoint_tables.hpp.
CREATE TABLE checkpoint(
  seq INTEGER PRIMARY KEY,         -- that input
  taken_ms INTEGER NOT NULL,       -- wall clock
  written_bytes INTEGER NOT NULL,  -- of the file, then, with what was pruned before
  whole INTEGER NOT NULL,          -- 0: it is being taken
  last_app INTEGER NOT NULL,       -- the last rows that there were
  last_task INTEGER NOT NULL,
  last_instance INTEGER NOT NULL,
  last_deployment INTEGER NOT NULL,
  last_label INTEGER NOT NULL,
  last_rejected INTEGER NOT NULL
) STRICT;

-- What the fold had forgotten there, as in `source`.
CREATE TABLE checkpoint_source(
  seq INTEGER NOT NULL,
  source_id INTEGER NOT NULL,
  tasks_forgotten INTEGER NOT NULL,
  instances_forgotten INTEGER NOT NULL,
  PRIMARY KEY(seq, source_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint_part(
  seq INTEGER NOT NULL,
  part INTEGER NOT NULL,
  table_name TEXT NOT NULL,
  packed BLOB NOT NULL,            -- zstd
  PRIMARY KEY(seq, part)
) STRICT;

-- What pruned rows were counted for: a counter is this and its rows.
CREATE TABLE pruned_counter(
  source_id INTEGER NOT NULL,
  family TEXT NOT NULL,
  app_id INTEGER NOT NULL,
  a TEXT NOT NULL,
  b TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY(source_id, family, app_id, a, b)
) STRICT, WITHOUT ROWID;

CREATE TABLE unhealthy_kill(
  seq INTEGER PRIMARY KEY,
  time_ms INTEGER NOT NULL,
  app_id INTEGER NOT NULL,
  task TEXT,
  instance TEXT,
  host TEXT,
  reason TEXT
) STRICT;

CREATE TABLE deployment_correction(
  seq INTEGER NOT NULL,            -- the event that showed it
  time_ms INTEGER NOT NULL,
  deployment_id INTEGER NOT NULL,
  from_outcome TEXT NOT NULL,
  to_outcome TEXT NOT NULL,
  PRIMARY KEY(seq, deployment_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_call(
  seq INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, time_ms INTEGER NOT NULL, app_id INTEGER,
  verb TEXT NOT NULL, uri TEXT, client_ip TEXT
) STRICT;

CREATE TABLE group_change(
  seq INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, time_ms INTEGER NOT NULL,
  result TEXT NOT NULL, group_id TEXT, version TEXT, reason TEXT
) STRICT;

CREATE TABLE scheduler_event(
  seq INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, time_ms INTEGER NOT NULL,
  event TEXT NOT NULL, master TEXT
) STRICT;

CREATE TABLE subscriber(
  seq INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, time_ms INTEGER NOT NULL,
  event TEXT NOT NULL, address TEXT
) STRICT;

CREATE TABLE unknown_termination(
  seq INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, time_ms INTEGER NOT NULL, app_id INTEGER,
  entity TEXT, condition TEXT
) STRICT;

CREATE TABLE framework_message(
  seq INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, time_ms INTEGER NOT NULL,
  executor TEXT, agent TEXT, bytes INTEGER NOT NULL
) STRICT;

CREATE TABLE health_check(
  app_id INTEGER NOT NULL,
  check_key TEXT NOT NULL,
  protocol TEXT NOT NULL,
  interval_s REAL,                 -- seconds between probes; NULL: not known
  since_ms INTEGER NOT NULL,       -- first heard of
  until_ms INTEGER,                -- remove_health_check_event
  PRIMARY KEY(app_id, check_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE app_hour(
  app_id INTEGER NOT NULL,
  hour_ms INTEGER NOT NULL,        -- its begin
  failures INTEGER NOT NULL,
  flaps INTEGER NOT NULL,
  kills INTEGER NOT NULL,
  unhealthy_ms INTEGER NOT NULL,   -- without what app_hour_run says of that hour
  observed_ms INTEGER NOT NULL,
  PRIMARY KEY(app_id, hour_ms)
) STRICT, WITHOUT ROWID;

-- Whole hours in a row in which the health of an app did not change: one row however long.
CREATE TABLE app_hour_run(
  run_id INTEGER PRIMARY KEY,
  app_id INTEGER NOT NULL,
  hour_ms INTEGER NOT NULL,        -- the first
  hours INTEGER NOT NULL,
  unhealthy_ms INTEGER NOT NULL,   -- of each hour
  observed_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX app_hour_run_app ON app_hour_run(app_id, hour_ms);

-- What counters have in common: label values beside source and app, '' where there is none.
CREATE TABLE series(
  series_id INTEGER PRIMARY KEY,
  family TEXT NOT NULL,
  a TEXT NOT NULL,
  b TEXT NOT NULL,
  UNIQUE(family, a, b)
) STRICT;

-- Counters and gauges as they were after the last committed input. `cell` numbers them within a source.
CREATE TABLE cell(
  source_id INTEGER NOT NULL,
  cell INTEGER NOT NULL,
  series_id INTEGER NOT NULL,
  app_id INTEGER NOT NULL,         -- 0: no app label, -1: `other`
  value INTEGER NOT NULL,
  PRIMARY KEY(source_id, cell)
) STRICT, WITHOUT ROWID;

CREATE TABLE histogram(
  source_id INTEGER NOT NULL,
  family TEXT NOT NULL,
  a TEXT NOT NULL,
  bounds TEXT NOT NULL,            -- JSON array of ms, without +Inf
  counts TEXT NOT NULL,            -- JSON array, one longer, not cumulative
  sum_ms INTEGER NOT NULL,
  mixed INTEGER NOT NULL DEFAULT 0, -- 1: some values were counted under other bounds, and moved up to the next of these
  PRIMARY KEY(source_id, family, a)
) STRICT, WITHOUT ROWID;
