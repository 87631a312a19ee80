#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every complete job in the documents and every job in config/jobs is one that `sitrep check` takes.

A complete job is a ```yaml block that begins with `job:`, in README.md or docs/*.md.

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


def main(program, root):
    """The number of jobs with errors is the exit code."""
    documents = sorted(p for p in [root / "README.md", *(root / "docs").glob("*.md")] if p.exists())
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
    print(f"{checked} jobs checked, {failed} with errors")
    if checked == 0:
        print("expected at least one job; is the second argument the source directory?")
        return 1
    return min(failed, 100)


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()))
