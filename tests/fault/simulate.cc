// SPDX-License-Identifier: Apache-2.0
// simulate FIRST COUNT [BUG | rekeyed | tables]: so many seeds from FIRST on; prints those that
// fail, and what led to the first. With one of the planted bugs, stops at the first seed that finds
// it. Exit: 0 none failed, or the bug was found; 1 else.
#include <cstdlib>
#include <iostream>
#include <string>

#include "engine/base/logging.h"
#include "tests/fault/simulation.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: simulate FIRST COUNT [BUG: 1 offsets before state, 2 state outside the "
                 "transaction, 3 restore to the last stable offset, 4 generation at the commit, 5 "
                 "trim behind the image | rekeyed: a job that does not keep the source's key | "
                 "tables: one that joins]\n";
    return 2;
  }
  // One seed is looked at closely.
  const bool one = std::string(argv[2]) == "1";
  sitrep::set_log_level(one ? sitrep::LogLevel::kDebug : sitrep::LogLevel::kError);
  const auto first = static_cast<unsigned>(std::strtoul(argv[1], nullptr, 10));
  const auto count = static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10));
  const std::string which = argc > 3 ? argv[3] : "";
  const auto job = which == "rekeyed"  ? sitrep::SimulatedJob::kReKeyed
                   : which == "tables" ? sitrep::SimulatedJob::kTables
                                       : sitrep::SimulatedJob::kCoPartitioned;
  const auto bug = static_cast<sitrep::PlantedBug>(std::atoi(which.c_str()));
  unsigned failed = 0;
  for (unsigned seed = first; seed < first + count; ++seed) {
    const std::string wrong = sitrep::simulate(seed, job, bug);
    if (wrong.empty()) continue;
    std::cout << "seed " << seed << " fails\n";
    if (failed++ == 0) std::cout << wrong << "\n";
    if (bug != sitrep::PlantedBug::kNone) {
      std::cout << "the planted bug was found\n1 passed, 0 failed\n";
      return 0;
    }
  }
  if (bug != sitrep::PlantedBug::kNone) {
    std::cout << "the planted bug was not found\n0 passed, 1 failed\n";
    return 1;
  }
  std::cout << count - failed << " passed, " << failed << " failed\n";
  return failed == 0 ? 0 : 1;
}
