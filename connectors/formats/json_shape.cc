// SPDX-License-Identifier: Apache-2.0
#include "connectors/formats/json_shape.h"

#include "connectors/formats/json_plain.h"

namespace sitrep {
std::optional<JsonShape> JsonShape::of(std::string_view text, const PathNode& root) {
  JsonShape out;
  const char* const end = text.data() + text.size();
  const char* p = text.data();
  if (*p != '{') return std::nullopt;
  do {
    const char* const lead = p;
    std::string_view key;
    if (p[1] != '"') return std::nullopt;
    p = pass_plain_string(p + 1, key);
    if (p == nullptr || *p != ':') return std::nullopt;
    ++p;
    const auto lead_bytes = static_cast<std::size_t>(p - lead);
    if (lead_bytes > KeyOrder::kKeyBytesMax || out.members.size() == KeyOrder::kKeysMax) {
      return std::nullopt;
    }
    std::uint32_t column = kUnread;
    if (const PathNode* const node = root.child(key)) {
      if (!node->children.empty() || node->columns.size() != 1) return std::nullopt;
      column = node->columns.front();
    }
    out.members.push_back({.lead = KeyOrder::Key::of({lead, lead_bytes}),
                           .lead_bytes = lead_bytes,
                           .column = column});
    p = pass_plain_scalar(p, end);
    if (p == nullptr) return std::nullopt;
  } while (*p == ',');
  if (*p != '}' || p + 1 != end) return std::nullopt;
  return out;
}

void JsonShapes::missed(std::string_view text, const PathNode& root) {
  credit_ -= kMissCost;
  if (credit_ <= 0) {
    pause_ = kPauseMessages;
    credit_ = kCreditMax;
    return;
  }
  std::optional<JsonShape> shape = JsonShape::of(text, root);
  if (!shape) return;
  if (shapes_.size() < kShapesMax) {
    newest_ = shapes_.size();
    shapes_.push_back(*std::move(shape));
    return;
  }
  // The one that was learned, or has fitted, longest ago in the ring.
  newest_ = (newest_ + kShapesMax - 1) % kShapesMax;
  shapes_[newest_] = *std::move(shape);
}

}  // namespace sitrep
