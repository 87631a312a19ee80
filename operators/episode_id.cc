// SPDX-License-Identifier: Apache-2.0
#include "operators/episode_id.h"

#include "engine/api/raw_bytes.h"
#include "engine/base/base32.h"
#include "engine/base/hash.h"

namespace sitrep {

std::string episode_id(std::string_view job, std::string_view alert, std::string_view key,
                       Micros raised_at, std::uint32_t before) {
  std::string identity;
  append_sized(identity, job);
  append_sized(identity, alert);
  append_sized(identity, key);
  append_raw(identity, raised_at);
  append_raw(identity, before);
  return to_base32(hash_bytes_128(identity));
}

}  // namespace sitrep
