// SPDX-License-Identifier: Apache-2.0
// Messages changed at random, read by us and by nlohmann's parser: what it takes for the same
// document gives the same cells, what it refuses is a dead letter.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>

#include "tests/unit/formats/formats_testing.h"

namespace sitrep {
namespace {

using Json = nlohmann::json;

constexpr int kMutations = 60'000;

const std::vector<ColumnSpec> kColumns = {
    required(column("id", Type::kText)), column("n", Type::kBigint), column("d", Type::kDouble),
    column("on", Type::kBoolean), column("lat", Type::kDouble, "/position/lat")};

const std::vector<std::string> kMessages = {
    R"({"id":"V-1","n":17,"d":-2.5e-3,"on":true,"position":{"lat":4.859,"lon":31.5},"u":[1,"x"]})",
    R"({"id":"é\u20ac\n","n":null,"d":12,"on":false,"position":null,"note":"a \"quoted\" text"})",
    R"([{"id":"a","n":-1},{"id":"b","position":{"lat":-7}}])",
    "{\"id\":\"a\",\"d\":0.1}\n{\"id\":\"b\",\"d\":1E3}\n"};

/// The documents of a message; nothing when one of them is broken. `differs` tells of what
/// the two see in their own ways: a key that stands twice in one object, a number beyond double.
std::optional<std::vector<Json>> documents(const std::string& text, bool& differs) {
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key &&
        !keys.back().insert(parsed.get<std::string>()).second) {
      differs = true;
    }
    return true;
  };
  // One array, or one document after the other: each is cut where its brackets close.
  std::vector<Json> found;
  std::size_t begin = 0;
  const auto blank = [&](std::size_t at) {
    return text.find_first_not_of(" \t\r\n", at) == std::string::npos;
  };
  while (!blank(begin)) {
    std::size_t end = begin;
    // White space stands between lines.
    if (begin > 0 && std::string_view(" \t\r\n").find(text[begin]) == std::string_view::npos) {
      return std::nullopt;
    }
    int depth = 0;
    bool quoted = false;
    for (; end < text.size(); ++end) {
      const char c = text[end];
      if (quoted) {
        if (c == '\\') ++end;
        if (c == '"') quoted = false;
        continue;
      }
      if (c == '"') quoted = true;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) break;
    }
    end = std::min(end + 1, text.size());
    try {
      found.push_back(Json::parse(text.substr(begin, end - begin), watch));
    } catch (const Json::out_of_range&) {
      differs = true;
      return std::nullopt;
    } catch (const Json::parse_error&) {
      return std::nullopt;
    }
    begin = end;
  }
  if (found.empty()) return std::nullopt;
  return found;
}

/// A cell as decoded() writes it, or a reason and a path.
std::string cell(const Json& object, const ColumnSpec& spec, bool& bad) {
  const Json* at = &object;
  std::string path;
  std::istringstream names(spec.path.substr(1));
  for (std::string name; std::getline(names, name, '/');) {
    if (at->is_null()) break;
    if (!at->is_object()) {
      bad = true;
      return concat("type ", path);
    }
    path += "/" + name;
    static const Json kNull;
    const auto found = at->find(name);
    at = found == at->end() ? &kNull : &*found;
  }
  if (at->is_null()) {
    bad = spec.required;
    return bad ? concat("required ", spec.path) : "null";
  }
  const bool fits = spec.type == Type::kText      ? at->is_string()
                    : spec.type == Type::kBoolean ? at->is_boolean()
                    : spec.type == Type::kBigint  ? at->is_number_integer()
                                                  : at->is_number();
  if (!fits) {
    bad = true;
    return concat("type ", spec.path);
  }
  if (spec.type == Type::kText) return concat("'", at->get<std::string>(), "'");
  if (spec.type == Type::kBoolean) return at->get<bool>() ? "true" : "false";
  if (spec.type == Type::kBigint) return concat(at->get<std::int64_t>());
  return to_string(Value(at->get<double>()), Type::kDouble);
}

std::vector<std::string> expected(const std::vector<Json>& texts) {
  std::vector<std::string> rows;
  std::vector<std::string> letters;
  std::size_t index = 0;
  const auto add = [&](const Json& object) {
    const std::string place = concat("0.", index++, ": ");
    if (!object.is_object()) {
      letters.push_back(place + "type");
      return;
    }
    std::vector<std::string> cells;
    for (const ColumnSpec& spec : kColumns) {
      bool bad = false;
      cells.push_back(cell(object, spec, bad));
      if (bad) {
        letters.push_back(place + cells.back());
        return;
      }
    }
    rows.push_back(place + join(cells, ", "));
  };
  for (const Json& text : texts) {
    if (texts.size() > 1 || !text.is_array()) {
      add(text);
    } else {
      for (const Json& element : text) add(element);
    }
  }
  rows.insert(rows.end(), letters.begin(), letters.end());
  return rows;
}

TEST(JsonMutation, we_read_what_another_parser_reads) {
  std::mt19937 random(20'261'124);
  int good = 0;
  int broken = 0;
  for (int i = 0; i < kMutations; ++i) {
    const std::string message = mutated(kMessages[random() % kMessages.size()], random);
    const std::vector<std::string> found = decoded(kColumns, std::vector{message});
    bool differs = false;
    const auto texts = documents(message, differs);
    if (differs) continue;
    if (!texts) {
      ++broken;
      ASSERT_THAT(found, testing::ElementsAre("0.0: malformed")) << i << ": " << message;
    } else {
      ++good;
      ASSERT_EQ(found, expected(*texts)) << i << ": " << message;
    }
  }
  EXPECT_GT(good, kMutations / 20);
  EXPECT_GT(broken, kMutations / 20);
}

}  // namespace
}  // namespace sitrep
