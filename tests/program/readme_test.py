"""The README names what there is: settings, limits, flags, causes."""

import pathlib
import re
import unittest

from support import Case

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


class Readme(Case):
    def test_its_settings_are_those_of_config_defaults(self):
        shown = re.search(r"```yaml\n(# marathon-tally: every setting.*?)```", README, re.DOTALL)
        self.assertEqual(shown.group(1), self.tally("config", "defaults"))

    def test_it_names_every_flag_of_the_daemon(self):
        flags = set(re.findall(r"--[a-z][a-z.-]+", self.tally("run", "--help")))
        self.assertGreater(len(flags), 5)
        self.assertEqual([flag for flag in sorted(flags) if flag not in README], [])

    def test_it_names_every_cause_of_a_gap(self):
        causes = set(re.findall(r'"([a-z_]+)"', (ROOT / "src/connect/cause.cpp").read_text()))
        self.assertGreater(len(causes), 10)
        self.assertEqual([cause for cause in sorted(causes) if f"`{cause}`" not in README], [])


if __name__ == "__main__":
    unittest.main()
