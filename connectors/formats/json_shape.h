// SPDX-License-Identifier: Apache-2.0
#pragma once
// What messages of one kind have in common (docs/decisions/0009): the keys of a flat object as its
// producer writes them, in order, without white space, and the column that reads each value. Used
// only by its worker.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "connectors/formats/key_order.h"
#include "connectors/formats/path_tree.h"

namespace sitrep {

struct JsonShape {
  static constexpr std::uint32_t kUnread = 0xFFFF'FFFF;
  struct Member {
    /// `{"key":` of the first, `,"key":` of the others.
    KeyOrder::Key lead;
    std::size_t lead_bytes;
    std::uint32_t column;
  };

  /// The shape of a text that was read as one row, behind which 64 bytes are readable, the first of
  /// them zero. Nothing for a text that has none: white space, containers within, escapes, values
  /// that several columns read, long or many keys.
  static std::optional<JsonShape> of(std::string_view text, const PathNode& root);

  std::vector<Member> members;
};

/// The shapes of the last few kinds of message. Where hardly any comes twice, remembering pauses.
class JsonShapes {
 public:
  static constexpr std::size_t kShapesMax = 4;

  bool pausing() const { return pause_ > 0; }
  std::size_t size() const { return shapes_.size(); }
  /// The one that fitted last is number 0.
  const JsonShape& shape(std::size_t number) const {
    return shapes_[(newest_ + number) % shapes_.size()];
  }
  void fitted(std::size_t number) {
    newest_ = (newest_ + number) % shapes_.size();
    if (credit_ < kCreditMax) ++credit_;
  }
  /// None fitted a message that was then read as one row.
  void missed(std::string_view text, const PathNode& root);
  void passed_over() { --pause_; }

 private:
  static constexpr int kCreditMax = 64;
  static constexpr int kMissCost = 8;
  static constexpr std::uint32_t kPauseMessages = 4096;

  std::vector<JsonShape> shapes_;
  std::size_t newest_ = 0;
  int credit_ = kCreditMax;
  std::uint32_t pause_ = 0;
};

}  // namespace sitrep
