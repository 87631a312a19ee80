#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What sitrep writes of alerts is what docs/schemas/alert.v1.json and cap.xsd describe, and what is
wrong these refuse. The records are those of the golden cases of alerts, which are played once more,
on files, into both encodings.

    alert_records_test.py PROGRAM SOURCE_DIRECTORY

Exit code 77: jsonschema or xmllint is not installed."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from urllib.parse import quote

try:
    import jsonschema
except ImportError:
    # scripts/setup installs it for the system's Python; a build may have found another one first.
    SYSTEM_PYTHON = "/usr/bin/python3"
    if sys.executable != SYSTEM_PYTHON and os.path.exists(SYSTEM_PYTHON):
        os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, "-B", *sys.argv])
    jsonschema = None

SKIPPED = 77
PROGRAM = os.path.abspath(sys.argv[1])
ROOT = pathlib.Path(sys.argv[2]).resolve()
HERE = pathlib.Path(__file__).resolve().parent

SENDER = "ops@mission.example"
SCOPES = {"Restricted": "scope: Restricted", "Private": "scope: Private, addresses: [a@b, c d]",
          "Public": "scope: Public"}
# Another one for each case, so that all are seen.
STATUSES = ("Actual", "Exercise", "System", "Test", "Draft")
CATEGORIES = ("Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport",
              "Infra", "CBRNE", "Other")
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"

OUTPUT = re.compile(r"(?m)^(?:  ){1,2}to: \{topic: ([\w.]+)\}$")
MESSAGE = re.compile(r"(?m)^([\w.]+)\[(\d+)\] (?:(?:key|at)=\S+ )*(\{.*\})$")


class Case:
    """A golden case on files: its job with two outputs for each of its alerts."""

    def __init__(self, path, number):
        sections = dict(re.findall(r"(?ms)^--- (job|input)[^\n]*\n(.*?)(?=^--- |\Z)",
                                   path.read_text(encoding="utf-8")))
        streams, alerts = sections["job"].split("\nalerts:\n")
        self.name = path.stem
        self.messages = MESSAGE.findall(sections["input"])
        self.scope = list(SCOPES)[number % len(SCOPES)]
        self.status = STATUSES[number % len(STATUSES)]
        self.category = CATEGORIES[number % len(CATEGORIES)]
        cap = (f"sender: {SENDER}, {SCOPES[self.scope]}, status: {self.status}, "
               f"category: {self.category}")
        self.outputs = sorted(set(OUTPUT.findall(alerts)))
        alerts = OUTPUT.sub(lambda output: output[0].split("to:")[0] +
                            f"to: [{{topic: {output[1]}, format: alert.v1}}, "
                            f"{{topic: {output[1]}.cap, format: cap, cap: {{{cap}}}}}]", alerts)
        self.job = (f"{streams}\nalerts:\n{alerts}\nfiles: {{directory: data}}\n"
                    "metrics: {listen: off}\n")
        self.job_name = re.search(r"(?m)^job: (\S+)", streams)[1]

    def play(self, directory):
        """Two lists: of the records of alert.v1 and of CAP, as {headers, key, value}."""
        for topic in set(re.findall(r"topic: ([\w.]+)", self.job)):
            (directory / "data" / topic).mkdir(parents=True)
            (directory / "data" / topic / "0.jsonl").touch()
        for topic, partition, value in self.messages:
            for p in range(int(partition) + 1):
                (directory / "data" / topic / f"{p}.jsonl").touch()
            with open(directory / "data" / topic / f"{partition}.jsonl", "a",
                      encoding="utf-8") as messages:
                messages.write(value + "\n")
        (directory / "job.yaml").write_text(self.job, encoding="utf-8")
        done = subprocess.run([PROGRAM, "run", "job.yaml", "--bounded"], cwd=directory, text=True,
                              capture_output=True, timeout=60, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{self.name}: exit code {done.returncode}\n{done.stderr}")
        return ([record for topic in self.outputs for record in read(directory / "data" / topic)],
                [record for topic in self.outputs
                 for record in read(directory / "data" / f"{topic}.cap")])


def read(topic):
    return [json.loads(line) for file in sorted(topic.glob("*.jsonl"))
            for line in file.read_text(encoding="utf-8").splitlines()]


def headers_of(record, job, content_type):
    """Those that a record must have."""
    return {"ce_specversion": "1.0", "ce_id": f"{record['id']}/{record['revision']}",
            "ce_source": f"/sitrep/{quote(job)}/{quote(record['alert'])}",
            "ce_type": f"sitrep.alert.v1.{record['change']}", "ce_time": record["at"],
            "content-type": content_type, "ce_subject": record["key"]}


def cap_time(time):
    return time[:19] + "-00:00"


def what_xmllint_says(messages):
    """Of each message, whether it is valid against cap.xsd; and all that was said."""
    with tempfile.TemporaryDirectory() as directory:
        for number, message in enumerate(messages):
            (pathlib.Path(directory) / f"{number}.xml").write_text(message, encoding="utf-8")
        done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", HERE / "cap.xsd",
                               *(f"{number}.xml" for number in range(len(messages)))],
                              cwd=directory, text=True, capture_output=True, timeout=60,
                              check=False)
    valid = set(re.findall(r"(?m)^(\d+)\.xml validates$", done.stderr))
    return [str(number) in valid for number in range(len(messages))], done.stderr


def outline(message):
    """An element as (name, text) pairs, those of its children within; parameters as a dict."""
    root = xml.etree.ElementTree.fromstring(message.encode())
    info = root.find(f"{CAP}info")
    parameters = {p[0].text: p[1].text for p in info.findall(f"{CAP}parameter")}
    return ([(e.tag.removeprefix(CAP), e.text) for e in root if e is not info],
            [(e.tag.removeprefix(CAP), e.text) for e in info
             if e.tag not in (f"{CAP}parameter", f"{CAP}area")],
            parameters, [e.text for e in info.iter(f"{CAP}areaDesc")])


GRADES = {"critical": ("Immediate", "Severe", "Observed"),
          "warning": ("Expected", "Moderate", "Likely"), "info": ("Future", "Minor", "Possible")}


def expected_outline(record, case):
    """What the message of a record must be, by docs/alert-records.md."""
    head = [("identifier", f"{record['id']}.{record['revision']}"), ("sender", SENDER),
            ("sent", cap_time(record["at"])), ("status", case.status),
            ("msgType", "Alert" if record["change"] == "raised" else "Update"),
            ("scope", case.scope)]
    if case.scope == "Restricted":
        head.append(("restriction", "for operational use only"))
    if case.scope == "Private":
        head.append(("addresses", 'a@b "c d"'))
    if record["change"] != "raised":
        head.append(("references", f"{SENDER},{record['id']}.1,{cap_time(record['raised_at'])}"))
    urgency, severity, certainty = GRADES[record["severity"]]
    over = record["change"] == "cleared"
    info = [("language", "en-US"), ("category", case.category), ("event", record["alert"]),
            *([("responseType", "AllClear")] if over else []),
            ("urgency", "Past" if over else urgency), ("severity", severity),
            ("certainty", certainty),
            *([("onset", cap_time(record["since"]))] if record["since"] else []),
            ("headline", record["text"]), ("description", record["text"]),
            *([("instruction", record["advice"])] if record["advice"] else [])]
    parameters = {name: str(record[name])
                  for name in ("revision", "key", "group", "state", "change", "severity", "cause",
                               "by", "rule_version", "parameters_version")
                  if record.get(name) is not None}
    if record["raised_at"]:
        parameters["raised_at"] = cap_time(record["raised_at"])
    parameters |= {f"labels.{name}": text for name, text in (record["labels"] or {}).items()}
    return head, info, parameters, [record["group"] or record["key"]]


class AlertRecordsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        text = (ROOT / "docs/schemas/alert.v1.json").read_text(encoding="utf-8")
        cls.schema = json.loads(text)
        jsonschema.Draft202012Validator.check_schema(cls.schema)
        cls.validator = jsonschema.Draft202012Validator(cls.schema)
        cls.played = []
        for number, path in enumerate(sorted((ROOT / "tests/golden/alerts").glob("*.case"))):
            # Those with lists of outputs say themselves what they write. Messages in files have no
            # time, which commands need.
            text = path.read_text(encoding="utf-8")
            if not OUTPUT.search(text) or "  commands:" in text:
                continue
            case = Case(path, number)
            with tempfile.TemporaryDirectory(prefix="sitrep_records_") as directory:
                cls.played.append((case, *case.play(pathlib.Path(directory))))

    def records(self):
        for case, alerts, _ in self.played:
            for envelope in alerts:
                yield case, envelope, json.loads(envelope["value"])

    def test_the_cases_show_every_change_and_severity(self):
        seen = [record for _, _, record in self.records()]
        self.assertEqual({record["change"] for record in seen},
                         {"raised", "updated", "renotified", "cleared", "expired", "suppressed",
                          "unsuppressed"})
        self.assertEqual({record["severity"] for record in seen}, {"info", "warning", "critical"})
        self.assertTrue(any(record["labels"] for record in seen))
        self.assertTrue(any(record["advice"] for record in seen))

    def test_records_are_what_the_schema_says(self):
        # Readers take members that they do not know; sitrep writes none that is not described.
        strict = jsonschema.Draft202012Validator({**self.schema, "additionalProperties": False})
        for case, envelope, record in self.records():
            with self.subTest(case=case.name, record=envelope["value"]):
                self.assertEqual([error.message for error in strict.iter_errors(record)], [])
                self.assertEqual(envelope["key"], record["key"])
                self.assertEqual(envelope["headers"],
                                 headers_of(record, case.job_name, "application/json"))

    def test_what_is_no_record_is_refused(self):
        good = next(record for _, _, record in self.records() if record["change"] == "cleared")
        self.assertTrue(self.validator.is_valid(good))
        raised = next(record for _, _, record in self.records() if record["change"] == "raised")
        bad = [None, {}, "", []]
        bad += [{name: value for name, value in good.items() if name != missing}
                for missing in self.schema["required"]]
        bad += [{**good, name: wrong} for name, wrong in (
            ("schema", "alert.v2"), ("id", ""), ("id", good["id"].upper()), ("id", None),
            ("revision", 0), ("revision", 1.5), ("revision", "1"), ("alert", ""), ("key", None),
            ("group", 1), ("state", "open"), ("state", "active"), ("change", "closed"),
            ("at", None), ("at", good["at"].replace("Z", "+00:00")), ("at", good["at"][:19] + "Z"),
            ("at", 1772352000000), ("raised_at", ""), ("since", "now"), ("severity", "Severe"),
            ("severity", None), ("text", None), ("advice", 1), ("labels", '{"unit":"3 Coy"}'),
            ("labels", {"unit": 3}), ("by", 1), ("rule_version", 1), ("parameters_version", 1))]
        bad += [{**raised, "since": None}]
        for record in bad:
            with self.subTest(record=record):
                self.assertFalse(self.validator.is_valid(record))

    def test_what_is_still_to_come_is_described(self):
        good = next(record for _, _, record in self.records() if record["change"] == "updated")
        for further in ({"by": None, "rule_version": "a1", "parameters_version": None},
                        {"state": "suppressed", "change": "suppressed", "by": "flood"},
                        {"change": "unsuppressed"}, {"change": "shelved", "by": "watch keeper"},
                        {"change": "acknowledged", "by": "watch keeper"}, {"of_tomorrow": 1}):
            with self.subTest(further=further):
                self.assertTrue(self.validator.is_valid({**good, **further}))

    def test_cap_messages_say_what_the_records_say(self):
        for case, alerts, messages in self.played:
            with self.subTest(case=case.name):
                records = [json.loads(envelope["value"]) for envelope in alerts]
                self.assertEqual([outline(message["value"]) for message in messages],
                                 [expected_outline(record, case) for record in records])
                self.assertEqual([(message["key"], message["headers"]) for message in messages],
                                 [(record["key"],
                                   headers_of(record, case.job_name, "application/cap+xml"))
                                  for record in records])

    def test_cap_messages_are_valid(self):
        messages = [message["value"] for _, _, capped in self.played for message in capped]
        valid, said = what_xmllint_says(messages)
        self.assertTrue(all(valid), said)

    def test_references_name_messages_that_were_sent(self):
        for case, _, messages in self.played:
            heads = [dict(outline(message["value"])[0]) for message in messages]
            sent = {f"{head['sender']},{head['identifier']},{head['sent']}" for head in heads}
            with self.subTest(case=case.name):
                self.assertLessEqual({head["references"] for head in heads
                                      if head["msgType"] == "Update"}, sent)

    def test_what_is_no_cap_message_is_refused(self):
        good = next(message["value"] for _, _, capped in self.played for message in capped
                    if "<msgType>Update<" in message["value"] and "<restriction>" in message["value"])
        changes = (
            ("", "", True),
            (r"(<sent>.*?)-00:00<", r"\1Z<", False),
            (r"(<sent>.*?)-00:00<", r"\g<1>.123-00:00<", False),
            (r"(<sent>.*?)-00:00<", r"\1<", False),
            (r"(<sent>2026-)\d\d", r"\g<1>13", False),
            (r"<identifier>", "<identifier>a b", False),
            (r"<identifier>", "<identifier>a,b", False),
            (r"<identifier>", "<identifier>a&amp;b", False),
            (r"<sender>.*?</sender>", "", False),
            (r"<sender>.*?</sender>", "<sender/>", False),
            (r"(<status>.*?</status>)(<msgType>.*?</msgType>)", r"\2\1", False),
            (r"<status>.*?<", "<status>actual<", False),
            (r"<msgType>.*?<", "<msgType>Clear<", False),
            (r"<scope>.*?<", "<scope>Everybody<", False),
            (r"(<references>.*?),", r"\1 ", False),
            (r"<category>.*?</category>", "", False),
            (r"<category>.*?<", "<category>Fuel<", False),
            (r"<urgency>.*?<", "<urgency>Soon<", False),
            (r"<severity>.*?<", "<severity>critical<", False),
            (r"<certainty>.*?</certainty>", "", False),
            (r"<headline>.*?<", f"<headline>{'x' * 161}<", False),
            (r"<language>.*?<", "<language>of the house<", False),
            (r"(<headline>.*?</headline>)(<description>.*?</description>)", r"\2\1", False),
            (r"<value>.*?</value>", "", False),
            (r"<areaDesc>.*?</areaDesc>", "", False),
            (r"</info>", "<note>x</note></info>", False),
            (r"cap:1.2", "cap:1.1", False),
            (r"(<description>)", "\\1\x01", False),
            (r"</alert>", "", False))
        texts = [re.sub(pattern, other, good, count=1) for pattern, other, _ in changes]
        self.assertEqual([(pattern, other) for (pattern, other, _), text in zip(changes, texts)
                          if pattern and text == good], [], "a change that changed nothing")
        valid, said = what_xmllint_says(texts)
        self.assertEqual(valid, [right for _, _, right in changes], said)


if __name__ == "__main__":
    if jsonschema is None or shutil.which("xmllint") is None:
        print("skipped: jsonschema for Python or xmllint is missing; scripts/setup installs both")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1])
