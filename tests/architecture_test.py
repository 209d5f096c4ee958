"""docs/architecture.md lists every table once, as what it is; the schema is the judge."""
import pathlib
import re
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
# decisions 3: what is not a fold of the log.  The list is closed: a new table is a fold.
NOT_FOLDS = {"session", "credential", "upload", "blob", "outbox", "detached", "dek", "checkpoint",
             "resident_link", "schema_version"}
# Made by code: the typed tables and the search index, whose name depends on the engine.
MADE = {"f_<playbook>_<type>", "search_fts", "search_ts"}
HEADINGS = {"log": "### The log", "fold": "### Folds", "other": "### Not folds"}


def schema_tables(root):
    names = {"schema_version"}  # made by store/migrate.c before the first file is run
    for path in sorted((root / "src/store/schema").glob("*.sql")):
        text = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
        names |= set(re.findall(r"\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)", text, re.I))
    return names


def listed(text):
    """Names in the first column of the table below each heading, in order."""
    out = {}
    for kind, heading in HEADINGS.items():
        part = text.split(heading + "\n", 1)[1]
        part = re.split(r"\n#+ ", part, maxsplit=1)[0]
        cells = [line.split("|")[1] for line in part.split("\n") if line.startswith("| `")]
        out[kind] = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    return out


def differences(text, tables):
    """What is wrong with the page, one line each."""
    lists = listed(text)
    names = [name for kind in lists.values() for name in kind]
    wrong = [f"{name} is listed twice" for name in sorted(set(names)) if names.count(name) > 1]
    wrong += [f"{name} is not listed" for name in sorted((tables | MADE) - set(names))]
    wrong += [f"{name} is no table" for name in sorted(set(names) - tables - MADE)]
    wrong += [f"{name} must be a fold: the list of what is not is closed"
              for name in sorted(set(lists["other"]) - NOT_FOLDS)]
    wrong += [f"{name} is not a fold" for name in sorted(NOT_FOLDS - set(lists["other"]))]
    return wrong


class Architecture(unittest.TestCase):
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")

    def test_every_table_stands_once_in_its_list(self):
        self.assertEqual(differences(self.page, schema_tables(ROOT)), [])

    def test_the_schema_is_really_read(self):
        tables = schema_tables(ROOT)
        self.assertGreater(len(tables), 25)
        self.assertLessEqual({"event", "session", "duration", "lookup"}, tables)

    def test_layers_are_those_of_src_layers(self):
        lines = (ROOT / "src/LAYERS").read_text(encoding="utf-8").split("\n")
        layers = [re.match(r"(\w+):", line)[1] for line in lines if re.match(r"\w+:", line)]
        self.assertEqual(re.findall(r"^\| `src/(\w+)`", self.page, re.M), layers)

    def test_links_lead_somewhere(self):
        links = [link for link in re.findall(r"\]\(([^)#]+)\)", self.page) if "://" not in link]
        self.assertGreater(len(links), 4)
        self.assertEqual([x for x in links if not (ROOT / "docs" / x).exists()], [])

    def test_what_is_wrong_is_found(self):
        tables = schema_tables(ROOT)
        for change, said in [
            (lambda t: t.replace("| `duration` ", "| duration "), "duration is not listed"),
            (lambda t: t.replace("| `duration` ", "| `duration` `record` "), "record is listed twice"),
            (lambda t: t.replace("| `duration` ", "| `duration` `made_up` "), "made_up is no table"),
            (lambda t: t.replace("| `outbox` ", "| outbox "), "outbox is not a fold"),
            (lambda t: t.replace("| `duration` ", "| duration ").replace(
                "| `outbox` ", "| `outbox` `duration` "), "duration must be a fold: the list of what is not is closed"),
        ]:
            with self.subTest(said):
                changed = change(self.page)
                self.assertTrue(changed != self.page)
                self.assertIn(said, differences(changed, tables))

    def test_a_new_table_of_the_schema_is_missed(self):
        with tempfile.TemporaryDirectory() as folder:
            schema = pathlib.Path(folder) / "src/store/schema"
            schema.mkdir(parents=True)
            (schema / "099_new.sql").write_text("-- CREATE TABLE not_this\nCREATE TABLE brand_new (\n",
                                                encoding="utf-8")
            tables = schema_tables(ROOT) | schema_tables(pathlib.Path(folder))
        self.assertEqual(differences(self.page, tables), ["brand_new is not listed"])


if __name__ == "__main__":
    unittest.main()
