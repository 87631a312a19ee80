// SPDX-License-Identifier: Apache-2.0
#pragma once
// The parse tree of a SELECT as libpg_query gives it: nodes of JSON, each an object with one member
// whose name is the node's kind ({"ColumnRef": {…}}). Only what binding needs of it is here.
// Locations are byte offsets into the SQL text. Thread-compatible.

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/sql/diagnostic.h"

namespace sitrep::sql {

using Json = nlohmann::json;

/// Parses `text`, which must be one SELECT (or a UNION of them); gives the body of its SelectStmt.
/// On failure returns nothing and appends a diagnostic.
std::optional<Json> parse_select(std::string_view text, Diagnostics& diagnostics);

/// "ColumnRef" of {"ColumnRef": {…}}; empty when `node` is not a node.
std::string_view kind_of(const Json& node);
/// The inner object of a node.
const Json& body_of(const Json& node);

/// Member `name` of a body, or an empty list when it is absent.
const Json& list_in(const Json& body, const char* name);
/// Member `name` of a body, or null.
const Json* find_in(const Json& body, const char* name);
/// Text member `name` of a body; empty when absent.
std::string text_in(const Json& body, const char* name);
/// Whether a boolean member is there and true.
bool flag_in(const Json& body, const char* name);

/// Where a node begins; where the tree does not say, where its first part does, else 0.
std::size_t location_of(const Json& node);
/// The parts of a dotted name: a list of String nodes ("*" for A_Star).
std::vector<std::string> name_parts(const Json& list);

/// The same tree without locations and with `column(parts)` for the parts of each column's name:
/// equal for equal expressions.
Json shape_of(const Json& node, const std::function<Json(const Json& parts)>& column);

}  // namespace sitrep::sql
