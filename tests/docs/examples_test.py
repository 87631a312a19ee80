#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every complete job in the documents and every job in config/jobs is one that `sitrep check` takes,
and README's first job makes something of the telemetry that README makes up for it.

A complete job is a ```yaml block that begins with `job:`, in README.md, docs/*.md or docs/packs/*.md.

    examples_test.py PROGRAM SOURCE_DIRECTORY
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```yaml[^\n]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)


def jobs_in(path):
    """The (name, text) of each complete job of a document; the name ends in the job's line."""
    text = path.read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        if block[1].startswith("job:"):
            yield f"{path.name}-line-{text.count(chr(10), 0, block.start(1)) + 1}", block[1]


def complaint(program, job):
    """What `sitrep check` has against the file, or nothing."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith("SITREP_")}
    done = subprocess.run([program, "check", str(job)], env=variables, cwd=job.parent, text=True,
                          capture_output=True, timeout=60, check=False)
    # A warning is an example that does not do what it seems to do.
    if done.returncode == 0 and "warning" not in done.stderr:
        return ""
    return f"exit code {done.returncode}\n{done.stdout}{done.stderr}"


def misfit(program, readme, directory):
    """What is wrong with README's first job over README's generator, on files; or nothing."""
    name, text = next(jobs_in(readme))
    job = directory / "first.yaml"
    job.write_text(re.sub(r"(?m)^kafka: .*", "files: {directory: data}", text)
                   + "metrics: {listen: off}\n", encoding="utf-8")
    topics = directory / "data"
    (topics / "fleet.telemetry").mkdir(parents=True)
    with open(topics / "fleet.telemetry" / "0.jsonl", "wb") as telemetry:
        subprocess.run([program, "generate", "fleet", "--seconds", "1", "--rate", "2000"],
                       stdout=telemetry, timeout=60, check=True)
    done = subprocess.run([program, "run", str(job), "--bounded"], cwd=directory, text=True,
                          capture_output=True, timeout=60, check=False)
    if done.returncode != 0:
        return f"{name}: exit code {done.returncode}\n{done.stderr}"
    lines = {topic: sum(len(file.read_text(encoding="utf-8").splitlines())
                        for file in (topics / topic).glob("*.jsonl"))
             for topic in ("fleet.telemetry", "fleet.summary", "speeders.dead_letters")}
    if lines["fleet.summary"] > 0 and lines["speeders.dead_letters"] * 10 < lines["fleet.telemetry"]:
        return ""
    return f"{name}: it makes little of what it reads: {lines}"


def main(program, root):
    """The number of jobs with errors is the exit code."""
    documents = sorted(p for p in [root / "README.md", *(root / "docs").glob("*.md"),
                                   *(root / "docs" / "packs").glob("*.md")] if p.exists())
    files = sorted((root / "config" / "jobs").glob("*.yaml"))
    checked = failed = 0
    with tempfile.TemporaryDirectory() as directory:
        for document in documents:
            for name, text in jobs_in(document):
                file = pathlib.Path(directory) / f"{name}.yaml"
                file.write_text(text, encoding="utf-8")
                files.append(file)
        for file in files:
            checked += 1
            if wrong := complaint(program, file):
                failed += 1
                print(f"{file.name}: {wrong}")
        if wrong := misfit(program, root / "README.md", pathlib.Path(directory)):
            failed += 1
            print(wrong)
    print(f"{checked} jobs checked, {failed} with errors")
    if checked == 0:
        print("expected at least one job; is the second argument the source directory?")
        return 1
    return min(failed, 100)


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()))
