// SPDX-License-Identifier: Apache-2.0
#pragma once
// Plays a case file in several ways and compares what the job wrote with what the case expects:
// plainly, one record per batch, with several workers, with a crash and restore after every k-th
// batch, and with no memory for state so that each row comes from RocksDB. The same rows must come
// out each time, per message key in the same order; after a crash rows may repeat (the job runs at
// least once). Used only by its caller.

#include <string>
#include <vector>

#include "cli/case_file.h"
#include "engine/base/result.h"

namespace sitrep {

struct CaseWay {
  std::string name;
  std::size_t workers = 1;
  std::size_t batch_records_max = 1000;
  std::size_t crash_every = 0;
  bool tiny_memory = false;
  /// Transactional, with state in the log: a crash repeats nothing.
  bool exactly_once = false;
  bool lose_disk = false;

  /// plain, batch-of-one, workers, crash-1, crash-2, crash-3, tiny-memory, exactly-once-crash,
  /// exactly-once-lost-disk.
  static const std::vector<CaseWay>& all();
};

/// Empty when the case passed; else what differed, for a person to read.
Result<std::string> play_case(const CaseFile& file, const CaseWay& way,
                              const std::string& scratch_dir);

}  // namespace sitrep
