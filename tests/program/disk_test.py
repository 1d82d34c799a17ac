"""The disk is slow, full, locked, read-only or gone: the stream goes on, /metrics goes on, and every loss is counted."""

import contextlib
import json
import os
import sqlite3
import subprocess
import unittest

from support import BUILD, Case, run_daemon, run_sim, wait_until

SLOW_FSYNC = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
static void wait_first(void) { struct timespec t = {0, 500000000}; nanosleep(&t, 0); }
int fsync(int fd) { static int (*real)(int); if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync"); wait_first(); return real(fd); }
int fdatasync(int fd) { static int (*real)(int); if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync"); wait_first(); return real(fd); }
"""
SECONDS = int(os.environ.get("TALLY_SLOW_SECONDS", "6"))  # 60 in scripts/test --long


class Disk(Case):
    def tmpfs(self, size):
        """-> a folder of that size, unmounted at the end"""
        place = self.folder / "disk"
        place.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("a tmpfs can be mounted by root only")
        self.addCleanup(subprocess.run, ["umount", "-l", place], capture_output=True)
        return place

    def sim(self, *more):
        return run_sim(self.folder, "--apps", "40", "--tasks", "400", *more)

    def reasons(self, daemon):
        return {reason["reason"] for reason in json.loads(daemon.get("/-/ready")[2])["reasons"]}

    def events(self, daemon):
        return daemon.value("marathon_events_total") or 0

    def caught_up(self, daemon, sim):
        """All that the simulator sent is stored or counted as shed. -> stored, shed"""
        sim.get("/sim/pause", method="POST")
        sim.get("/sim/settle", method="POST")

        def all_there():
            sent = sim.json("/sim/truth")["delivered"]  # what waits for a slow reader comes after the pause too
            stored, shed = self.events(daemon), daemon.value("marathon_tally_events_shed_total")
            return daemon.value("marathon_tally_journal_bytes") == 0 and stored + shed == sent and (stored, shed)

        answer = wait_until(all_there, seconds=90)
        self.assertTrue(answer, (sim.json("/sim/truth")["delivered"], self.events(daemon), daemon.value("marathon_tally_events_shed_total"),
                                 daemon.value("marathon_tally_journal_bytes"), daemon.log.read_text()[-2000:]))
        return answer

    def test_slow_fsync_holds_up_nobody(self):
        source, library = self.folder / "slow.c", self.folder / "slow.so"
        source.write_text(SLOW_FSYNC)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        with self.sim("--rate", "5000", "--max-outstanding", "1024", "--dialect", "1.8", "--wait-for-subscriber") as sim, \
                run_daemon(self.folder, self.database, f"sim={sim.url}", env={"LD_PRELOAD": str(library)}) as daemon:
            self.assertTrue(wait_until(lambda: self.events(daemon) >= 5000 * SECONDS, seconds=60 + 2 * SECONDS))
            self.assertEqual(self.caught_up(daemon, sim)[1], 0)
            self.assertEqual(sim.json("/sim/sent")["dropped"], 0)
            self.assertEqual(self.rows("SELECT count(*) FROM v_sessions")[0][0], 1)  # never cut
            self.assertLess(daemon.value("process_resident_memory_bytes"), 300e6)
        self.verify()

    def test_a_full_disk_sheds_whole_events_counts_each_and_recovers(self):
        place = self.tmpfs("30m")
        self.database = place / "tally.db"
        with self.sim("--rate", "2000", "--wait-for-subscriber") as sim, \
                run_daemon(self.folder, self.database, f"sim={sim.url}") as daemon:
            self.assertTrue(wait_until(lambda: self.events(daemon) > 500))
            ballast = place / "ballast"
            with ballast.open("wb") as file:  # what is left, but for some pages
                free = os.statvfs(place)
                with contextlib.suppress(OSError):  # the daemon was faster: full is full
                    file.write(b"x" * max(0, free.f_bavail * free.f_bsize - 400_000))
            self.assertTrue(wait_until(lambda: (daemon.value("marathon_tally_events_shed_total") or 0) > 2000, seconds=120),
                            daemon.log.read_text()[-2000:])
            self.assertIn("history_unwritable", self.reasons(daemon))
            self.assertEqual(daemon.get("/-/ready")[0], 503)
            self.assertEqual(daemon.value("marathon_stream_connected"), 1)
            ballast.unlink()
            shed = daemon.value("marathon_tally_events_shed_total")
            before = self.events(daemon)
            self.assertTrue(wait_until(lambda: self.events(daemon) > before + 2000))
            sim.get("/sim/pause", method="POST")
            stored, shed = self.caught_up(daemon, sim)
            self.assertTrue(wait_until(lambda: daemon.get("/-/ready")[0] == 200))
            self.assertEqual(self.rows("SELECT sum(lost) FROM v_gaps WHERE cause = 'history_unwritable'"), [(shed,)])
            self.assertEqual(self.rows("SELECT count(*) FROM v_events"), [(stored,)])
            self.assertEqual(self.rows("SELECT count(*) FROM v_sessions")[0][0], 1)
        self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])
        self.verify()

    def test_a_locked_database_waits_in_the_journal(self):
        with self.sim("--rate", "2000", "--wait-for-subscriber") as sim, \
                run_daemon(self.folder, self.database, f"sim={sim.url}") as daemon:
            self.assertTrue(wait_until(lambda: self.events(daemon) > 500))
            holder = sqlite3.connect(self.database, isolation_level=None)
            holder.execute("BEGIN IMMEDIATE")
            try:
                before = self.events(daemon)
                self.assertTrue(wait_until(lambda: self.events(daemon) > before + 8000))
                self.assertTrue(wait_until(lambda: "history_unwritable" in self.reasons(daemon)))
                self.assertGreater(daemon.value("marathon_tally_history_errors_total"), 0)
            finally:
                holder.execute("ROLLBACK")
                holder.close()
            self.assertTrue(wait_until(lambda: daemon.get("/-/ready")[0] == 200))
            self.assertEqual(self.caught_up(daemon, sim)[1], 0)
        self.verify()

    def test_a_locked_database_and_then_kill_minus_9_loses_nothing(self):
        with self.sim("--rate", "2000", "--wait-for-subscriber") as sim:
            with run_daemon(self.folder, self.database, f"sim={sim.url}") as daemon:
                self.assertTrue(wait_until(lambda: self.events(daemon) > 500))
                holder = sqlite3.connect(self.database, isolation_level=None)
                holder.execute("BEGIN IMMEDIATE")
                before = self.events(daemon)
                self.assertTrue(wait_until(lambda: self.events(daemon) > before + 8000))
                shown = self.events(daemon)
                daemon.kill()
                holder.close()
            with run_daemon(self.folder, self.database, f"sim={sim.url}") as daemon:
                self.assertTrue(wait_until(lambda: self.events(daemon) >= shown))
        self.assertGreaterEqual(self.rows("SELECT count(*) FROM v_events")[0][0], shown)
        self.verify()

    def test_a_database_that_was_removed_is_written_again(self):
        with self.sim("--rate", "500", "--wait-for-subscriber") as sim, \
                run_daemon(self.folder, self.database, f"sim={sim.url}") as daemon:
            self.assertTrue(wait_until(lambda: self.events(daemon) > 1000))
            for suffix in ("", "-wal", "-shm"):
                os.unlink(f"{self.database}{suffix}")
            self.assertTrue(wait_until(self.database.exists))
            self.assertEqual(self.caught_up(daemon, sim)[1], 0)
            self.assertEqual(self.rows("SELECT count(*) FROM v_events"), [(self.events(daemon),)])
        self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])
        self.verify()

    def test_a_disk_that_turns_read_only_is_waited_for(self):
        place = self.tmpfs("60m")
        self.database = place / "tally.db"
        with self.sim("--rate", "1000", "--wait-for-subscriber") as sim, \
                run_daemon(self.folder, self.database, f"sim={sim.url}") as daemon:
            self.assertTrue(wait_until(lambda: self.events(daemon) > 500))
            if subprocess.run(["mount", "-o", "remount,ro", place], capture_output=True).returncode != 0:
                # A kernel refuses while files are open for writing: the same errors come from a bind mount.
                self.skipTest("this kernel does not remount a busy tmpfs read-only")
            self.assertTrue(wait_until(lambda: "history_unwritable" in self.reasons(daemon)))
            subprocess.run(["mount", "-o", "remount,rw", place], check=True)
            self.assertTrue(wait_until(lambda: daemon.get("/-/ready")[0] == 200))
            self.caught_up(daemon, sim)
        self.verify()


if __name__ == "__main__":
    unittest.main()
