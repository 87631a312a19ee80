// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the program asks of the allocator that it is linked with (mimalloc, or the sanitizers' own).
// Thread-safe.

#include <cstddef>

namespace sitrep {

/// Freed memory stays with the process for a while before the system gets it back: an epoch of
/// 100 ms takes again what the one before gave back, and every page of it would be faulted in and
/// cleared anew. Not for long when the process nears `bytes_max`. To be called at the start and
/// every few milliseconds; an environment variable of mimalloc's wins.
void keep_freed_memory_within(std::size_t bytes_max);

/// Gives what the calling thread has freed back to the system now: the allocator looks at its delay
/// only when the thread allocates again, and one that rests would keep it for good.
void give_freed_memory_back();

}  // namespace sitrep
