#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of check.py: each writes a small tree into a temporary folder and compares all findings."""

import contextlib
import io
import pathlib
import subprocess
import tempfile
import unittest

import check

SPDX = check.SPDX_LINE + "\n"
HEADER = SPDX + "#pragma once\n// Solves a problem.\n"
HEADER_LINES = HEADER.count("\n")
OUTSIDE_TEXT = '"{}": ours is included by its path from the root, others by <…>'
THREADS = "threads meet only in the files that RESERVED_WORDS lists"
PRINTS = "only the program prints; everyone else returns or logs"
ENDS = "only the program ends itself; everyone else returns"
TIME = "time comes from engine/base/clock.h"


class TidyTest(unittest.TestCase):
    def setUp(self):
        self.fresh_tree()

    def fresh_tree(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")

    def expect(self, files, findings):
        for path, text in files.items():
            self.write(path, text)
        self.assertEqual(check.check_tree(self.root), findings)

    def expect_source(self, path, body, findings):
        """The findings in a source file whose first line is SPDX; body starts on line 2."""
        self.expect({path: SPDX + body}, [f"{path}:{finding}" for finding in findings])


class IncludeTest(TidyTest):
    def test_a_room_includes_itself_and_what_it_may(self):
        self.expect_source("engine/sql/bind.cc",
                           '#include "engine/sql/bind.h"\n#include "engine/base/result.h"\n'
                           '#include "engine/api/operator.h"\n#include <vector>\n', [])

    def test_base_includes_no_other_room(self):
        self.expect_source("engine/base/text.cc", '\n#include "engine/data/schema.h"\n',
                           ["3: engine/data/schema.h: engine/base may not include engine/data"])

    def test_each_room_is_told_what_it_may_not_include(self):
        for path, header, room, target in (
                ("engine/telemetry/a.cc", "engine/data/b.h", "engine/telemetry", "engine/data"),
                ("engine/state/a.cc", "engine/sql/b.h", "engine/state", "engine/sql"),
                ("engine/runtime/a.cc", "operators/b.h", "engine/runtime", "operators"),
                ("operators/a.cc", "engine/log/b.h", "operators", "engine/log"),
                ("connectors/kafka/a.cc", "connectors/formats/b.h", "connectors/kafka",
                 "connectors/formats"),
                ("connectors/file/a.cc", "engine/runtime/b.h", "connectors/file",
                 "engine/runtime"),
                ("config/plan.cc", "operators/b.h", "config", "operators"),
                ("engine/base/a.h", "tests/support/b.h", "engine/base", "tests")):
            with self.subTest(path=path):
                self.fresh_tree()
                start = HEADER if path.endswith(".h") else SPDX
                self.expect({path: start + f'#include "{header}"\n'},
                            [f"{path}:{start.count(chr(10)) + 1}: {header}: "
                             f"{room} may not include {target}"])

    def test_only_assemble_sees_connectors_operators_and_runtime(self):
        includes = ('#include "connectors/kafka/a.h"\n#include "operators/b.h"\n'
                    '#include "engine/runtime/c.h"\n#include "engine/telemetry/d.h"\n')
        self.expect({"config/assemble.h": HEADER + includes, "config/assemble.cc": SPDX + includes},
                    [])
        self.expect({"config/assemble.cc": SPDX + '#include "cli/run.h"\n'},
                    ["config/assemble.cc:2: cli/run.h: config may not include cli"])

    def test_the_program_benchmarks_and_tests_include_every_room(self):
        for path in ("cli/run.cc", "bench/micro/run.cc", "tests/unit/run_test.cc"):
            self.expect_source(path, '#include "engine/runtime/engine.h"\n'
                               '#include "connectors/kafka/reader.h"\n', [])

    def test_rooms_have_no_circle(self):
        def reach(room, seen):
            self.assertNotIn(room, seen)
            for target in check.ROOMS[room] or ():
                reach(target, seen + [room])
        for room in check.ROOMS:
            reach(room, [])

    def test_relative_includes_are_reported(self):
        self.expect_source("engine/base/text.cc",
                           '#include "text.h"\n#include "../data/schema.h"\n',
                           ["2: " + OUTSIDE_TEXT.format("text.h"),
                            "3: " + OUTSIDE_TEXT.format("../data/schema.h")])

    def test_own_headers_take_quotes(self):
        self.expect_source("cli/main.cc", "#include <engine/base/result.h>\n",
                           ["2: <engine/base/result.h>: headers of the project are included "
                            'with "…"'])

    def test_a_library_has_one_room(self):
        for header, room, library in (
                ("spdlog/spdlog.h", "engine/base/*", "spdlog"),
                ("fmt/format.h", "engine/base/*", "fmt"),
                ("tl/expected.hpp", "engine/base/*", "tl::expected"),
                ("xxhash.h", "engine/base/*", "xxHash"),
                ("pg_query.h", "engine/sql/*", "libpg_query"),
                ("nlohmann/json.hpp", "engine/sql/*, tests/unit/formats/*", "nlohmann-json"),
                ("rocksdb/db.h", "engine/state/*", "RocksDB"),
                ("prometheus/registry.h", "engine/telemetry/*", "prometheus-cpp"),
                ("httplib.h", "engine/telemetry/*, tests/unit/telemetry/*", "cpp-httplib"),
                ("librdkafka/rdkafka.h",
                 "connectors/kafka/*, bench/*, cli/demo_broker.*, tests/unit/kafka/*",
                 "librdkafka"),
                ("simdjson.h", "connectors/formats/*, bench/*", "simdjson"),
                ("yaml-cpp/yaml.h", "config/*", "yaml-cpp"),
                ("CLI/CLI.hpp", "cli/*", "CLI11"),
                ("benchmark/benchmark.h", "bench/*", "Google Benchmark"),
                ("gtest/gtest.h", "tests/*", "GoogleTest")):
            with self.subTest(header=header):
                self.fresh_tree()
                self.expect_source("engine/api/a.cc", f"#include <{header}>\n",
                                   [f"2: {header}: {library} belongs to {room}"])
                home = room.split("*", maxsplit=1)[0]
                self.fresh_tree()
                self.expect_source(f"{home}a.cc", f"#include <{header}>\n", [])

    def test_the_mock_cluster_is_seen_by_one_file_of_the_program(self):
        include = SPDX + "#include <librdkafka/rdkafka_mock.h>\n"
        self.expect({"cli/demo_broker.cc": include, "cli/run.cc": include},
                    ["cli/run.cc:2: librdkafka/rdkafka_mock.h: librdkafka belongs to "
                     "connectors/kafka/*, bench/*, cli/demo_broker.*, tests/unit/kafka/*"])

    def test_includes_in_comments_and_raw_strings_are_no_includes(self):
        self.expect_source("engine/base/a.cc",
                           '// see\n/*\n#include "b.h"\n*/\n'
                           'auto text = R"x(\n#include "c.h"\n)x";\n', [])

    def test_a_folder_that_is_no_room_is_reported(self):
        self.expect({"engine/shiny/a.cc": SPDX},
                    ["engine/shiny/a.cc:1: this folder is no room; add it to ROOMS with what it "
                     "may include"])


class ReservedWordsTest(TidyTest):
    def test_threads_meet_only_where_the_list_says(self):
        body = "#include <atomic>\nstd::atomic<int> a;\nstd::lock_guard<std::mutex> b(c);\n"
        self.expect_source("operators/a.cc", body,
                           [f"2: <atomic>: {THREADS}", f"3: std::atomic: {THREADS}",
                            f"4: std::lock_guard: {THREADS}", f"4: std::mutex: {THREADS}"])

    def test_the_listed_files_may_use_atomics(self):
        for path in ("engine/base/spsc_ring.h", "engine/base/stop_flag.h",
                     "engine/base/doorbell.h", "engine/telemetry/counter.h"):
            self.write(path, HEADER + "#include <atomic>\nstd::atomic<bool> a;\n")
        self.expect({"engine/base/logging.cc": SPDX + "std::mutex a;\n",
                     "engine/base/doorbell.cc": SPDX + "std::condition_variable a;\n"}, [])

    def test_only_the_program_prints(self):
        body = ('std::cout << 1;\nprintf("a");\nstd::fprintf(stderr, "a");\nfputs("a", stderr);\n')
        self.expect_source("engine/data/a.cc", body,
                           [f"2: std::cout: {PRINTS}", f"3: printf: {PRINTS}",
                            f"4: std::fprintf: {PRINTS}", f"5: fputs: {PRINTS}"])
        self.fresh_tree()
        self.expect({"cli/a.cc": SPDX + body, "engine/base/ensure.cc": SPDX + body}, [])

    def test_formatting_into_a_buffer_is_not_printing(self):
        self.expect_source("engine/data/a.cc", 'snprintf(a, 3, "b");\nlog.printf("c");\n', [])

    def test_only_the_program_ends_itself(self):
        body = "std::abort();\n::exit(1);\nif (a) exit(1);\nelse\n  abort();\ndefault: _exit(2);\n"
        self.expect_source("engine/data/a.cc", body,
                           [f"2: abort: {ENDS}", f"3: exit: {ENDS}", f"4: exit: {ENDS}",
                            f"6: abort: {ENDS}", f"7: _exit: {ENDS}"])
        self.fresh_tree()
        self.expect({"cli/a.cc": SPDX + body, "engine/base/ensure.cc": SPDX + body}, [])

    def test_a_transaction_may_have_a_function_named_abort(self):
        self.expect_source("engine/log/a.cc",
                           "Result<void> Memory::abort() {\n  return abort(1);\n}\n"
                           "virtual Result<void> abort() = 0;\nTRY(transaction.abort());\n"
                           "TRY(abort());\nwriter->abort();\n", [])

    def test_time_comes_from_the_clock(self):
        body = "auto a = std::chrono::steady_clock::now();\nusing B = std::chrono::system_clock;\n"
        self.expect_source("engine/runtime/a.cc", body,
                           [f"2: steady_clock: {TIME}", f"3: system_clock: {TIME}"])
        self.fresh_tree()
        self.expect({path: SPDX + body for path in
                     ("engine/base/clock.cc", "bench/a.cc", "tests/a.cc", "cli/a.cc")}, [])

    def test_comments_and_strings_are_no_code(self):
        self.expect_source("engine/data/a.cc",
                           "// std::mutex\n/* abort();\n   exit(1); */\n"
                           'auto a = "std::cout \\" <<";\n'
                           "auto b = '\"'; auto c = 1'000'000;\nauto d = R\"(system_clock \" )\";\n"
                           "auto e = '\\''; std::mutex f;\n",
                           [f"8: std::mutex: {THREADS}"])


class LookTest(TidyTest):
    def test_a_clean_tree_has_no_findings(self):
        self.expect({"engine/base/text.h": HEADER, "engine/base/text.cc": SPDX, "README.md": "x"},
                    [])

    def test_the_first_line_is_the_licence(self):
        self.expect({"engine/base/a.cc": "// Copyright\n", "engine/base/b.cc": ""},
                    [f"engine/base/{name}.cc:1: the first line is not {check.SPDX_LINE}"
                     for name in "ab"])

    def test_a_header_is_guarded_and_opens_with_a_comment(self):
        opens = ": a header opens with a comment: what it solves, how it is used, who owns what"
        self.expect({"engine/base/a.h": SPDX + "#ifndef A\n",
                     "engine/base/b.h": SPDX + "#pragma once\n#include <span>\nint b;\n",
                     "engine/base/c.h": SPDX + "#pragma once\n" + "\n" * 5 + "// Too late.\n",
                     "engine/base/d.h": SPDX + "#pragma once\n" + "\n" * 4 + "// In time.\n",
                     "engine/base/e.h": SPDX + "#pragma once\n\n#include <span>\n/// Fine.\n"},
                    ["engine/base/a.h:1: a header without #pragma once",
                     "engine/base/b.h:2" + opens, "engine/base/c.h:2" + opens])

    def test_columns_are_letters_and_not_bytes(self):
        self.expect_source("engine/base/a.cc", f"// {'é' * 97}\n// {'e' * 98}\n",
                           ["3: 101 columns; the limit is 100"])

    def test_unfinished_work_has_an_issue(self):
        word = "TO" + "DO"
        self.expect_source("engine/base/a.cc", f"// {word}: later\n// {word}(#12): later\n",
                           [f"2: {word} without the number of an issue, as in {word}(#12)"])

    def test_names_say_something(self):
        says_nothing = "in a name says nothing; name the file after what it holds"
        self.expect({"engine/base/string_utils.cc": SPDX, "engine/base/helper.h": HEADER,
                     "engine/data/common/a.cc": SPDX, "operators/simple_impl.cc": SPDX,
                     "operators/state_manager.cc": SPDX, "operators/implicit.cc": SPDX},
                    [f"engine/base/helper.h:1: 'helper' {says_nothing}",
                     f"engine/base/string_utils.cc:1: 'utils' {says_nothing}",
                     f"engine/data/common/a.cc:1: 'common' {says_nothing}",
                     f"operators/simple_impl.cc:1: 'impl' {says_nothing}",
                     f"operators/state_manager.cc:1: 'manager' {says_nothing}"])


class LengthTest(TidyTest):
    def test_long_product_files_are_reported_but_not_tests(self):
        self.expect({"engine/base/a.cc": SPDX + "\n" * 600, "engine/base/b.cc": SPDX + "\n" * 599,
                     "engine/base/a.h": HEADER + "\n" * (301 - HEADER_LINES),
                     "tests/unit/a_test.cc": SPDX + "\n" * 900},
                    ["engine/base/a.cc:1: 601 lines; the limit is 600: it holds two ideas",
                     "engine/base/a.h:1: 301 lines; the limit is 300: it holds two ideas"])

    def test_a_listed_file_may_keep_its_length(self):
        self.expect({"engine/base/a.cc": SPDX + "\n" * 699,
                     check.LONG_FILES: "# path lines\nengine/base/a.cc 700\n"}, [])

    def test_a_listed_file_may_not_grow(self):
        self.expect({"engine/base/a.cc": SPDX + "\n" * 700,
                     check.LONG_FILES: "engine/base/a.cc 700\n"},
                    ["engine/base/a.cc:1: 701 lines; the limit is 700: it holds two ideas"])

    def test_the_list_follows_a_file_that_shrinks(self):
        self.expect({"engine/base/a.cc": SPDX + "\n" * 649, "engine/base/b.cc": SPDX,
                     check.LONG_FILES:
                         "engine/base/a.cc 700\nengine/base/b.cc 700\nengine/base/gone.cc 700\n"},
                    [f"{check.LONG_FILES}:1: engine/base/a.cc has shrunk to 650 lines; write that "
                     "here",
                     f"{check.LONG_FILES}:2: engine/base/b.cc is within the limit or gone; remove "
                     "this line",
                     f"{check.LONG_FILES}:3: engine/base/gone.cc is within the limit or gone; "
                     "remove this line"])


class TreeTest(TidyTest):
    def test_no_file_names_a_machine(self):
        for text in check.FORBIDDEN_TEXTS:
            self.fresh_tree()
            self.expect({"docs/a.md": f"fine\nsee {text}here\n", "build/a.md": text},
                        [f"docs/a.md:2: '{text}' names a machine"])

    def test_bytes_that_are_no_text_are_searched_too(self):
        text = check.FORBIDDEN_TEXTS[0]
        (self.root / "a.bin").write_bytes(b"\xff\x00\n" + text.encode())
        self.expect({}, [f"a.bin:2: '{text}' names a machine"])

    def test_with_git_ignored_files_are_left_out_and_new_ones_are_not(self):
        subprocess.run(["git", "init", "-q", str(self.root)], check=True)
        text = check.FORBIDDEN_TEXTS[0]
        self.expect({".gitignore": "/made/\n", "made/a.md": text, "new.md": text},
                    [f"new.md:1: '{text}' names a machine"])

    def run_main(self):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            status = check.main([str(self.root)])
        return status, output.getvalue()

    def test_the_program_prints_findings_and_fails(self):
        self.write("engine/base/a.cc", "")
        self.assertEqual(self.run_main(),
                         (1, f"engine/base/a.cc:1: the first line is not {check.SPDX_LINE}\n"
                             "tidy: 1 findings\n"))

    def test_the_program_succeeds_on_a_clean_tree(self):
        self.write("engine/base/a.cc", SPDX)
        self.assertEqual(self.run_main(), (0, "tidy: 0 findings\n"))


if __name__ == "__main__":
    unittest.main()
