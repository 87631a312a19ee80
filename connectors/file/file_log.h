// SPDX-License-Identifier: Apache-2.0
#pragma once
// Directories of JSON lines as topics: `<root>/<topic>/<partition>.jsonl`, partitions 0 to n-1. A
// line is a record; its offset is the byte at which it begins, an empty line is none. Files may
// grow while they are read. A record read has neither key nor timestamp.
//
// Written is the value as a line; a record that is more than one line of text or has headers (dead
// letters, late rows, CloudEvents) becomes {"headers":{…},"key":…,"value":…} with the bytes of a
// value that is not UTF-8 in "value_base64" instead. A line that a crash tore is cut off when the
// file is opened for writing. Committed offsets stand in `<root>/.groups/<group>.offsets`, for
// display only.
//
// One process per directory. The log is thread-safe as its functions keep nothing.

#include <memory>
#include <string>

#include "engine/log/log.h"

namespace sitrep {

struct FileLogOptions {
  std::string root;
  /// Takes a last line without a newline as whole: nobody is writing any more.
  bool complete_last_line = false;
};

/// kInvalidConfig when `root` is not a directory.
Result<std::unique_ptr<Log>> open_file_log(const FileLogOptions& options);

}  // namespace sitrep
