// SPDX-License-Identifier: Apache-2.0
#include "cli/allocator.h"

#ifdef SITREP_MIMALLOC
#include <mimalloc.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#endif

namespace sitrep {

#ifdef SITREP_MIMALLOC

namespace {

constexpr long kLongMilliseconds = 150;
/// Longer than a batch takes, whose buffers the next one asks for again.
constexpr long kShortMilliseconds = 10;

#if MI_MALLOC_VERSION >= 210
constexpr mi_option_t kDelay = mi_option_purge_delay;
constexpr const char* kVariable = "MIMALLOC_PURGE_DELAY";
#else
constexpr mi_option_t kDelay = mi_option_decommit_delay;
constexpr const char* kVariable = "MIMALLOC_DECOMMIT_DELAY";
#endif

/// Bytes of the process in memory; 0 when the system does not say.
std::size_t resident_bytes() {
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  unsigned long all = 0;
  unsigned long resident = 0;
  const bool read = std::fscanf(file, "%lu %lu", &all, &resident) == 2;
  (void)std::fclose(file);
  return read ? resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace

void keep_freed_memory_within(std::size_t bytes_max) {
  static const bool given = std::getenv(kVariable) != nullptr;
  if (given) return;
  const std::size_t resident = resident_bytes();
  const auto above = [&](std::size_t sixteenths) { return resident > bytes_max / 16 * sixteenths; };
  mi_option_set(kDelay, above(13) ? 0 : above(12) ? kShortMilliseconds : kLongMilliseconds);
}

void give_freed_memory_back() { mi_collect(true); }

#else

void keep_freed_memory_within(std::size_t) {}
void give_freed_memory_back() {}

#endif

}  // namespace sitrep
