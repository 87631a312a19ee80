// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>

#include "config/job_sections.h"
#include "config/map_reader.h"
#include "config/scalar_reader.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

const std::vector<std::string> kStatuses = {"Actual", "Exercise", "System", "Test", "Draft"};
const std::vector<std::string> kScopes = {"Public", "Restricted", "Private"};
const std::vector<std::string> kCategories = {"Geo",       "Met",   "Safety", "Security",
                                              "Rescue",    "Fire",  "Health", "Env",
                                              "Transport", "Infra", "CBRNE",  "Other"};

/// One of CAP's words, if the key is there.
void parse_word(MapReader& map, const char* key, const std::vector<std::string>& words,
                std::string& out) {
  const ConfigNode* const node = map.find(key);
  if (node == nullptr) return;
  if (const auto index = read_choice_index(*node, words, key, map.errors())) out = words[*index];
}

/// What an identifier and a sender may consist of: `references` joins them with commas and spaces.
bool is_name(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == ',' || c == '<' || c == '&';
  });
}

void parse_sender(MapReader& map, CapSpec& cap) {
  const ConfigNode* const node = map.require("sender");
  if (node == nullptr) return;
  const auto text = read_text(*node, "sender", map.errors());
  if (!text) return;
  if (!is_name(text->value)) {
    map.errors().add(text->place, concat("'sender': expected a name without spaces, ',', '<' and "
                                         "'&', such as ops@mission.example; found '",
                                         text->value, "'"));
  }
  cap.sender = text->value;
}

/// `en`, `en-US`: what xs:language takes.
bool is_language(std::string_view text) {
  std::size_t letters = 0;
  bool first = true;
  for (const char c : text) {
    if (c == '-') {
      if (letters == 0) return false;
      letters = 0;
      first = false;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    const bool fits = byte < 0x80 && (std::isalpha(byte) != 0 || (!first && std::isdigit(byte)));
    if (!fits || ++letters > 8) return false;
  }
  return letters > 0;
}

void parse_language(MapReader& map, CapSpec& cap) {
  const ConfigNode* const node = map.find("language");
  if (node == nullptr) return;
  const auto text = read_text(*node, "language", map.errors());
  if (!text) return;
  if (!is_language(text->value)) {
    map.errors().add(text->place, concat("'language': expected a tag such as en-US, found '",
                                         text->value, "'"));
  }
  cap.language = text->value;
}

/// As CAP lists addresses: with a space between them, in quotes where they have one.
std::string listed(const std::vector<PlacedText>& addresses, ErrorList& errors) {
  std::string out;
  for (const PlacedText& address : addresses) {
    if (address.value.find('"') != std::string::npos) {
      errors.add(address.place, concat("'addresses': expected one without '\"', found '",
                                       address.value, "'"));
    }
    const bool plain = address.value.find(' ') == std::string::npos;
    out += concat(out.empty() ? "" : " ", plain ? address.value
                                                : concat("\"", address.value, "\""));
  }
  return out;
}

/// `scope`, and to whom.
void parse_readers(MapReader& map, CapSpec& cap) {
  ErrorList& errors = map.errors();
  parse_word(map, "scope", kScopes, cap.scope);
  const ConfigNode* const restriction = map.find("restriction");
  const ConfigNode* const addresses = map.find("addresses");
  if (restriction != nullptr) {
    if (const auto text = read_text(*restriction, "restriction", errors)) {
      cap.restriction = text->value;
    }
    if (cap.scope != "Restricted") {
      errors.add(restriction->place, "'restriction' goes with 'scope: Restricted'");
    }
  }
  if (cap.scope != "Restricted") cap.restriction.clear();
  if (addresses != nullptr) {
    cap.addresses = listed(read_texts(*addresses, "addresses", errors), errors);
  } else if (cap.scope == "Private") {
    errors.add(map.place(), "'cap' with 'scope: Private' needs 'addresses'");
  }
}

}  // namespace

CapSpec parse_cap(const ConfigNode& node, ErrorList& errors) {
  CapSpec cap;
  MapReader map(node, "'cap'", errors);
  parse_sender(map, cap);
  parse_word(map, "status", kStatuses, cap.status);
  parse_readers(map, cap);
  parse_word(map, "category", kCategories, cap.category);
  parse_language(map, cap);
  map.refuse_others();
  return cap;
}

}  // namespace sitrep
