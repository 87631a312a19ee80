#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the house rules that no compiler sees: who may include whom, where threads meet, where
the program may print or end, where time comes from, and how files look.

Usage: check.py [ROOT]. Prints one line per finding, `path:line: what is wrong`, and exits with 1
if there are any. The tables below are the rules; an exception is a row in a table, never a comment
in the code. Patterns are those of a shell; `*` also matches `/`.
"""

import os
import pathlib
import re
import subprocess
import sys
from fnmatch import fnmatchcase

EVERY_ROOM = None

# A room is a folder with its subfolders; it may include its own headers and those of these rooms.
ROOMS = {
    "engine/base": (),
    "engine/data": ("engine/base",),
    "engine/log": ("engine/base", "engine/data"),
    "engine/api": ("engine/base", "engine/data", "engine/log"),
    "engine/sql": ("engine/base", "engine/data", "engine/log", "engine/api"),
    "engine/state": ("engine/base", "engine/data", "engine/log", "engine/api"),
    "engine/telemetry": ("engine/base",),
    "engine/runtime": ("engine/base", "engine/data", "engine/log", "engine/api", "engine/sql",
                       "engine/state", "engine/telemetry"),
    "operators": ("engine/base", "engine/data", "engine/api", "engine/sql"),
    "connectors/kafka": ("engine/base", "engine/data", "engine/log"),
    "connectors/file": ("engine/base", "engine/data", "engine/log"),
    "connectors/formats": ("engine/base", "engine/data", "engine/log"),
    "config": ("engine/base", "engine/data", "engine/log", "engine/api", "engine/sql"),
    "cli": EVERY_ROOM,
    "bench": EVERY_ROOM,
    "examples": ("engine/base", "engine/data", "engine/api", "engine/sql"),
    "tests": EVERY_ROOM,
}

# Files that may include more than the rest of their room.
WIDER_FILES = {
    "config/assemble*": ("engine/base", "engine/data", "engine/log", "engine/api", "engine/sql",
                          "engine/state", "engine/runtime", "engine/telemetry", "operators",
                          "connectors/kafka", "connectors/file", "connectors/formats"),
}

# One third-party library, one room: library, its headers, the files that may include them.
LIBRARIES = (
    ("spdlog", ("spdlog/*",), ("engine/base/*",)),
    ("fmt", ("fmt/*",), ("engine/base/*",)),
    ("tl::expected", ("tl/*",), ("engine/base/*",)),
    ("xxHash", ("xxhash.h", "xxh3.h"), ("engine/base/*",)),
    ("Boost.Geometry", ("boost/*",), ("engine/sql/polygons.cc",)),
    ("libpg_query", ("pg_query*", "protobuf/pg_query*"), ("engine/sql/*",)),
    ("nlohmann-json", ("nlohmann/*",), ("engine/sql/*", "tests/unit/formats/*")),
    ("RocksDB", ("rocksdb/*",), ("engine/state/*",)),
    ("prometheus-cpp", ("prometheus/*",), ("engine/telemetry/*",)),
    ("cpp-httplib", ("httplib.h",), ("engine/telemetry/*", "tests/unit/telemetry/*")),
    # The mock cluster of librdkafka stands in for a broker: benchmarks, demonstration, unit tests.
    ("librdkafka", ("librdkafka/*", "rdkafka*"),
     ("connectors/kafka/*", "bench/*", "cli/demo_broker.*", "tests/unit/kafka/*")),
    # Benchmarks measure the bare parser as the floor that ours is compared with.
    ("simdjson", ("simdjson*",), ("connectors/formats/*", "bench/*")),
    ("pugixml", ("pugi*",), ("connectors/formats/*",)),
    ("yaml-cpp", ("yaml-cpp/*",), ("config/*",)),
    ("CLI11", ("CLI/*",), ("cli/*",)),
    ("Google Benchmark", ("benchmark/*",), ("bench/*",)),
    ("GoogleTest", ("gtest/*", "gmock/*"), ("tests/*",)),
)

# Words of the code that only some files may use: pattern (its group is the word to report), those
# files, the rule.
RESERVED_WORDS = (
    (re.compile(r"(std::(?:atomic\w*|\w*mutex|condition_variable\w*|lock_guard|unique_lock"
                r"|scoped_lock|shared_lock)\b"
                r"|<(?:atomic|mutex|shared_mutex|condition_variable)>)"),
     ("engine/base/spsc_ring.h", "engine/base/stop_flag.h", "engine/base/doorbell.*",
      "engine/base/logging.cc", "engine/telemetry/*"),
     "threads meet only in the files that RESERVED_WORDS lists"),
    (re.compile(r"(std::(?:cout|cerr|clog)\b|(?<![\w:.>])(?:std::|::)?(?:v?f?printf|f?puts|perror)"
                r"(?=\s*\()|(?:fmt|std)::print\b)"),
     ("cli/*", "bench/end_to_end/*", "engine/base/ensure.*",
      "tests/fault/simulate.cc", "tests/torture/crashing.cc"),
     "only the program prints; everyone else returns or logs"),
    # A bare abort(…) counts where a statement begins: transactions have a function of that name.
    (re.compile(r"(?:(?<![\w:])std::|(?<![\w>])::|(?:[;{})]|(?<!:):(?!:)|\belse\b|\bdo\b)\s*)"
                r"(_?exit|_Exit|quick_exit|abort)\s*\("),
     ("cli/*", "bench/end_to_end/*", "engine/base/ensure.*"),
     "only the program ends itself; everyone else returns"),
    (re.compile(r"\b((?:steady|system|high_resolution)_clock)\b"),
     ("engine/base/clock.*", "bench/*", "tests/*", "cli/*"),
     "time comes from engine/base/clock.h"),
)

SPDX_LINE = "// SPDX-License-Identifier: Apache-2.0"
COLUMNS_MAX = 100
LINES_MAX = {".cc": 600, ".h": 300}
# Product files above LINES_MAX, as `path lines`; an entry follows its file down, never up.
LONG_FILES = "tests/tidy/long_files.txt"
COMMENT_WITHIN_LINES = 5
FORBIDDEN_NAME_WORDS = {"util", "utils", "helper", "helpers", "common", "manager", "impl"}
# Paths of a machine that the project was once worked on. In two parts, to not find themselves.
FORBIDDEN_TEXTS = ("/wor" + "k/", ".lib" + "rary")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b(?!\(#\d+\))")

TOKEN = re.compile(
    r'(?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)'
    r'|(?P<raw>R"(?P<fence>[^()\\\s]{0,16})\(.*?\)(?P=fence)")'
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<char>(?<![0-9a-fA-F])'(?:\\[^\n]*?|[^'\\\n])')", re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]*)"|<([^>\n]*)>)', re.MULTILINE)


def matches_any(name, patterns):
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def without_tokens(text, kinds):
    """Blanks the tokens of these kinds; every line stays where it was."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group()) if match.lastgroup in kinds else match.group()
    return TOKEN.sub(blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def room_of(path):
    return next((room for room in ROOMS if path.startswith(room + "/")), None)


def is_product(path):
    return room_of(path) not in (None, "bench", "tests")


# --- checks of one C++ file: each yields (line, what is wrong)

def check_include_direction(path, header):
    room, target = room_of(path), room_of(header)
    allowed = next((rooms for pattern, rooms in WIDER_FILES.items() if fnmatchcase(path, pattern)),
                   ROOMS[room])
    if target != room and allowed is not EVERY_ROOM and target not in allowed:
        yield f"{room} may not include {target}"


def check_library(path, header):
    for library, headers, files in LIBRARIES:
        if matches_any(header, headers) and not matches_any(path, files):
            yield f"{library} belongs to {', '.join(files)}"


def check_includes(path, text):
    code = without_tokens(text, {"comment", "raw"})
    for match in INCLUDE.finditer(code):
        line = line_of(code, match.start())
        quoted, header = match.group(1) is not None, match.group(1) or match.group(2) or ""
        if room_of(header) is None:
            if quoted:
                yield line, f'"{header}": ours is included by its path from the root, others by <…>'
            findings = check_library(path, header)
        else:
            if not quoted:
                yield line, f'<{header}>: headers of the project are included with "…"'
            findings = check_include_direction(path, header)
        for finding in findings:
            yield line, f"{header}: {finding}"


def check_reserved_words(path, text):
    code = without_tokens(text, {"comment", "raw", "string", "char"})
    for pattern, files, rule in RESERVED_WORDS:
        if matches_any(path, files):
            continue
        for match in pattern.finditer(code):
            yield line_of(code, match.start(1)), f"{match.group(1)}: {rule}"


def check_look(path, text):
    lines = text.splitlines()
    if not lines or lines[0] != SPDX_LINE:
        yield 1, f"the first line is not {SPDX_LINE}"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            yield number, f"{len(line)} columns; the limit is {COLUMNS_MAX}"
        for word in UNFINISHED.findall(line):
            yield number, f"{word} without the number of an issue, as in {word}(#12)"
    if not path.endswith(".h"):
        return
    if "#pragma once" not in lines:
        yield 1, "a header without #pragma once"
        return
    once = lines.index("#pragma once") + 1
    if not any(line.startswith("//") for line in lines[once:once + COMMENT_WITHIN_LINES]):
        yield once, "a header opens with a comment: what it solves, how it is used, who owns what"


def check_name(path, _text):
    words = set(re.split(r"[/_.-]", path.lower()))
    for word in sorted(words & FORBIDDEN_NAME_WORDS):
        yield 1, f"'{word}' in a name says nothing; name the file after what it holds"


def check_room(path, _text):
    if room_of(path) is None:
        yield 1, "this folder is no room; add it to ROOMS with what it may include"


def check_cpp(path, text):
    yield from check_name(path, text)
    yield from check_look(path, text)
    yield from check_room(path, text)
    if room_of(path) is not None:
        yield from check_includes(path, text)
        yield from check_reserved_words(path, text)


# --- checks of the whole tree: each yields (path, line, what is wrong)

def check_lengths(root, texts):
    listed = {}
    listing = root / LONG_FILES
    if listing.exists():
        for number, line in enumerate(listing.read_text("utf-8").splitlines(), 1):
            if line and not line.startswith("#"):
                path, length = line.split()
                listed[path] = (number, int(length))
    for path, text in texts.items():
        length, limit = len(text.splitlines()), LINES_MAX[pathlib.PurePath(path).suffix]
        if not is_product(path) or length <= limit:
            continue
        number, length_listed = listed.pop(path, (0, limit))
        if length > length_listed:
            yield path, 1, f"{length} lines; the limit is {length_listed}: it holds two ideas"
        elif length < length_listed:
            yield LONG_FILES, number, f"{path} has shrunk to {length} lines; write that here"
    for path, (number, _) in listed.items():
        yield LONG_FILES, number, f"{path} is within the limit or gone; remove this line"


def check_forbidden_texts(root, paths):
    for path in paths:
        content = (root / path).read_bytes()
        for text in FORBIDDEN_TEXTS:
            for match in re.finditer(re.escape(text.encode()), content):
                yield path, content.count(b"\n", 0, match.start()) + 1, f"'{text}' names a machine"


def project_files(root):
    """What git tracks or would track; without git, every file that no build has made."""
    if (root / ".git").exists():
        listing = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others",
             "--exclude-standard"], capture_output=True, check=True).stdout.decode()
        paths = [path for path in listing.split("\0") if path]
    else:
        paths = []
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name not in ("build", "__pycache__")]
            paths += [(pathlib.Path(folder) / name).relative_to(root).as_posix() for name in names]
    # A file that git still tracks may be gone already, and a link has no text of its own.
    return sorted({path for path in paths
                   if (root / path).is_file() and not (root / path).is_symlink()})


def check_tree(root):
    """Returns all findings as `path:line: what is wrong`, by path and line."""
    root = pathlib.Path(root)
    paths = project_files(root)
    texts = {path: (root / path).read_text("utf-8", errors="replace")
             for path in paths if path.endswith((".h", ".cc"))}
    findings = [(path, line, what) for path, text in texts.items()
                for line, what in check_cpp(path, text)]
    findings += check_lengths(root, texts)
    findings += check_forbidden_texts(root, paths)
    return [f"{path}:{line}: {what}" for path, line, what in sorted(findings)]


def main(arguments):
    root = arguments[0] if arguments else pathlib.Path(__file__).resolve().parents[2]
    findings = check_tree(root)
    for finding in findings:
        print(finding)
    print(f"tidy: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
