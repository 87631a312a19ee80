// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds where the tokens of a JSON text begin, and proves that its bytes are UTF-8, its strings
// closed and free of raw control characters: simdjson's first stage, at 4 GB/s. What stands
// *between* two tokens is white space or the inside of the first. We walk the tokens ourselves
// (json_cursor.h), because simdjson's On-Demand walk leaves unread values unchecked
// (`{"a":1,"x":tru%}` passes) and compiles to its slow front end unless the whole program demands
// newer instructions: this stage is chosen at run time inside the library. The only file that sees
// simdjson. Used only by its worker.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace simdjson::internal {
class dom_parser_implementation;
}

namespace sitrep {

/// A longer message is malformed: Kafka's default limit is 1 MiB, topics of gateways that batch
/// raise it to a few, and the tokens of a text need four times its size in memory.
inline constexpr std::size_t kMessageBytesMax = std::size_t{8} << 20;

class JsonTokens {
 public:
  JsonTokens();
  ~JsonTokens();

  /// Finds the tokens of `text`, behind which 64 bytes are readable. False: not the beginning of
  /// any JSON text (bad UTF-8, an unclosed string, no token at all) or above kMessageBytesMax.
  bool scan(std::string_view text);

  /// Of the last text that scan() took: positions of its tokens, ascending. begin()[size()] is the
  /// length of the text.
  const std::uint32_t* begin() const;
  std::size_t size() const;

 private:
  bool grow(std::size_t text_bytes);

  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage_;
};

}  // namespace sitrep
