// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/parse_tree.h"

#include <pg_query.h>

#include <utility>

#include "engine/base/text.h"

namespace sitrep::sql {
namespace {

/// Owns what pg_query_parse returns.
class ParseResult {
 public:
  explicit ParseResult(const char* text) : result_(pg_query_parse(text)) {}
  ~ParseResult() { pg_query_free_parse_result(result_); }
  ParseResult(const ParseResult&) = delete;
  ParseResult& operator=(const ParseResult&) = delete;

  const PgQueryError* error() const { return result_.error; }
  const char* tree() const { return result_.parse_tree; }

 private:
  PgQueryParseResult result_;
};

/// PostgreSQL counts characters from 1; diagnostics count bytes from 0.
std::size_t byte_offset(std::string_view text, int character) {
  std::size_t at = 0;
  for (int left = character - 1; left > 0 && at < text.size(); --left) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  }
  return at;
}

const Json& empty_list() {
  static const Json kEmpty = Json::array();
  return kEmpty;
}

}  // namespace

std::optional<Json> parse_select(std::string_view text, Diagnostics& diagnostics) {
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) {
    diagnostics.push_back({terminated.find('\0'), "found a zero byte in the SQL text"});
    return std::nullopt;
  }
  const ParseResult result(terminated.c_str());
  if (const PgQueryError* error = result.error()) {
    diagnostics.push_back({byte_offset(text, error->cursorpos), error->message});
    return std::nullopt;
  }
  const Json tree = Json::parse(result.tree(), nullptr, /*allow_exceptions=*/false);
  if (tree.is_discarded()) {
    diagnostics.push_back({0, "the SQL text is not valid UTF-8"});
    return std::nullopt;
  }
  const Json& statements = list_in(tree, "stmts");
  if (statements.empty()) {
    diagnostics.push_back({0, "found no SQL, expected a SELECT"});
    return std::nullopt;
  }
  if (statements.size() > 1) {
    const Json* location = find_in(statements[1], "stmt_location");
    diagnostics.push_back({location ? location->get<std::size_t>() : 0,
                           "found a second statement, expected one SELECT"});
    return std::nullopt;
  }
  const Json* statement = find_in(statements[0], "stmt");
  if (statement == nullptr || kind_of(*statement) != "SelectStmt") {
    diagnostics.push_back({0, "found a statement of another kind, expected a SELECT"});
    return std::nullopt;
  }
  return body_of(*statement);
}

std::string_view kind_of(const Json& node) {
  if (!node.is_object() || node.size() != 1) return {};
  return node.begin().key();
}

const Json& body_of(const Json& node) { return *node.begin(); }

const Json& list_in(const Json& body, const char* name) {
  const Json* found = find_in(body, name);
  return found != nullptr && found->is_array() ? *found : empty_list();
}

const Json* find_in(const Json& body, const char* name) {
  if (!body.is_object()) return nullptr;
  const auto found = body.find(name);
  return found == body.end() ? nullptr : &*found;
}

std::string text_in(const Json& body, const char* name) {
  const Json* found = find_in(body, name);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

bool flag_in(const Json& body, const char* name) {
  const Json* found = find_in(body, name);
  return found != nullptr && found->is_boolean() && found->get<bool>();
}

std::size_t location_of(const Json& node) {
  if (const Json* location = find_in(node, "location")) {
    if (location->is_number_integer() && location->get<long>() >= 0) {
      return location->get<std::size_t>();
    }
  }
  std::size_t nearest = 0;
  for (const Json& part : node) {
    if (!part.is_structured()) continue;
    const std::size_t inner = location_of(part);
    if (inner > 0 && (nearest == 0 || inner < nearest)) nearest = inner;
  }
  return nearest;
}

std::vector<std::string> name_parts(const Json& list) {
  std::vector<std::string> parts;
  for (const Json& node : list) {
    parts.push_back(kind_of(node) == "String" ? text_in(body_of(node), "sval") : "*");
  }
  return parts;
}

Json shape_of(const Json& node, const std::function<Json(const Json& parts)>& column) {
  if (node.is_array()) {
    Json out = Json::array();
    for (const Json& item : node) out.push_back(shape_of(item, column));
    return out;
  }
  if (!node.is_object()) return node;
  Json out = Json::object();
  for (const auto& [key, value] : node.items()) {
    if (key == "location") continue;
    const bool names_column = key == "fields" && value.is_array();
    // libpg_query leaves negative and zero integers out of its JSON: {"ival": {}}. Their place in
    // the text is then all that tells -1 from 0, so it stays.
    if (key == "ival" && value.is_object() && value.empty()) out["at"] = location_of(node);
    out[key] = names_column ? column(value) : shape_of(value, column);
  }
  return out;
}

}  // namespace sitrep::sql
