-- Indices for reading; each has its question in README and a test. A new file does not have them before it is loaded, for
-- most rows of state come with the last commit. (input_task is in a new file: its entries come along with the inputs, beside
-- the other threads, and nearly in order.)
CREATE INDEX IF NOT EXISTS input_task ON input(task_id) WHERE task_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS deployment_time ON deployment(coalesce(started_ms, requested_ms, ended_ms) / 1000.0);
CREATE INDEX IF NOT EXISTS deployment_app_app ON deployment_app(app_id);
CREATE INDEX IF NOT EXISTS task_app ON task(app_id);
-- For the start: what is current, and the last ended ones in the order of their end.
CREATE INDEX IF NOT EXISTS task_ended ON task(source_id, ended_seq);
CREATE INDEX IF NOT EXISTS instance_idle ON instance(source_id, idle_seq);
CREATE INDEX IF NOT EXISTS deployment_closed ON deployment(source_id, closed_seq);
