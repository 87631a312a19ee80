// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/from_clause.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "engine/sql/unsupported.h"

namespace sitrep::sql {
namespace {

constexpr std::size_t kUnbound = static_cast<std::size_t>(-1);

/// A plain name in FROM.
struct NamedItem {
  std::string name;
  std::string alias;
  std::size_t position = 0;
};

/// Where a condition begins; an operator's own place is that of its sign.
std::size_t begin_of(const Json& node) {
  const Json& body = body_of(node);
  if (const Json* left = find_in(body, "lexpr")) return begin_of(*left);
  const Json& terms = list_in(body, "args");
  return terms.empty() ? location_of(node) : begin_of(terms.front());
}

class FromBinder {
 public:
  FromBinder(const BindOptions& options, Select& select, InputRow& row, Diagnostics& diagnostics)
      : options_(options), select_(select), row_(row), diagnostics_(diagnostics) {}

  bool bind(const Json& from) {
    if (from.size() != 1) {
      return complain(from.empty() ? 0 : location_of(from[1]),
                      from.empty() ? "found no FROM, expected one source or stream to read"
                                   : "found a second name in FROM, expected one; JOIN … ON joins a "
                                     "table, UNION ALL brings two streams together");
    }
    return bind_item(from[0]);
  }

 private:
  bool complain(std::size_t position, std::string message) {
    diagnostics_.push_back({position, std::move(message)});
    return false;
  }

  bool bind_item(const Json& item) {
    if (kind_of(item) != "JoinExpr") return bind_stream(item);
    const Json& join = body_of(item);
    if (!bind_item(*find_in(join, "larg"))) return false;
    const Json& right = *find_in(join, "rarg");
    if (const auto complaint = unsupported_join(join)) {
      return complain(location_of(right), *complaint);
    }
    return bind_join(right, text_in(join, "jointype") == "JOIN_LEFT", *find_in(join, "quals"));
  }

  std::optional<NamedItem> read_name(const Json& item, std::string_view expected) {
    const std::size_t position = location_of(item);
    if (kind_of(item) != "RangeVar") {
      complain(position, unsupported_from(item));
      return std::nullopt;
    }
    const Json& body = body_of(item);
    NamedItem named{.name = text_in(body, "relname"), .alias = {}, .position = position};
    named.alias = named.name;
    const std::string schema = text_in(body, "schemaname");
    if (!schema.empty()) {
      complain(position, concat("found ", schema, ".", named.name, ", expected the plain name of ",
                                expected));
      return std::nullopt;
    }
    if (const Json* alias = find_in(body, "alias")) {
      named.alias = text_in(*alias, "aliasname");
      if (!list_in(*alias, "colnames").empty()) {
        complain(position, "new names for columns are not supported in FROM; use AS in the SELECT "
                           "list");
        return std::nullopt;
      }
    }
    return named;
  }

  const TableShape* find_table(std::string_view name) const {
    return options_.tables ? options_.tables(name) : nullptr;
  }

  /// What is wrong with the declaration of such a table is said there.
  bool is_broken_table(std::string_view name) const {
    const auto& known = options_.known_tables;
    return find_table(name) == nullptr && std::ranges::find(known, name) != known.end();
  }

  bool bind_stream(const Json& item) {
    const auto named = read_name(item, "a source or stream");
    if (!named) return false;
    const Schema* schema = options_.catalog(named->name);
    if (schema == nullptr && find_table(named->name) != nullptr) {
      return complain(named->position,
                      concat("'", named->name, "' is a table, and rows come from a stream; write "
                             "FROM the stream JOIN ", named->name, " ON …"));
    }
    if (schema == nullptr && is_broken_table(named->name)) return false;
    if (schema == nullptr) {
      return complain(named->position, concat("there is no source or stream '", named->name, "'",
                                              suggestion(named->name, options_.known_streams)));
    }
    select_.from = named->name;
    select_.from_position = named->position;
    row_.add(named->alias, *schema);
    return true;
  }

  bool bind_join(const Json& item, bool keeps_unmatched, const Json& condition) {
    const auto named = read_name(item, "a table");
    if (!named) return false;
    const TableShape* table = find_table(named->name);
    if (table == nullptr && options_.catalog(named->name) != nullptr) {
      return complain(named->position,
                      concat("'", named->name, "' is a stream, and JOIN is with tables; UNION ALL "
                             "brings two streams together"));
    }
    if (table == nullptr && is_broken_table(named->name)) return false;
    if (table == nullptr) {
      return complain(named->position, concat("there is no table '", named->name, "'",
                                              suggestion(named->name, options_.known_tables)));
    }
    if (row_.find_part(named->alias) != nullptr) {
      return complain(named->position, concat("FROM names '", named->alias,
                                              "' twice; give one of them another name with AS"));
    }
    TableJoin join{.table = named->name,
                   .alias = named->alias,
                   .position = named->position,
                   .keeps_unmatched = keeps_unmatched,
                   .keys = {},
                   .table_keys = {},
                   .first_column = row_.schema.size()};
    for (const std::size_t column : table->key) {
      join.table_keys.push_back(join.first_column + column);
    }
    row_.add(named->alias, table->schema);
    if (!bind_condition(condition, join)) return false;
    select_.joins.push_back(std::move(join));
    return true;
  }

  std::string key_text(const TableJoin& join) const {
    std::vector<std::string> names;
    for (const std::size_t column : join.table_keys) {
      names.push_back(row_.schema.fields[column].name);
    }
    return sitrep::join(names, ", ");
  }

  /// ON: each column of the table's key compared once, by =, with a column of the row before.
  bool bind_condition(const Json& condition, TableJoin& join) {
    join.keys.assign(join.table_keys.size(), kUnbound);
    if (!bind_terms(condition, join)) return false;
    std::vector<std::string> missing;
    for (std::size_t i = 0; i < join.keys.size(); ++i) {
      if (join.keys[i] != kUnbound) continue;
      missing.push_back(row_.schema.fields[join.table_keys[i]].name);
    }
    if (missing.empty()) return true;
    return complain(begin_of(condition),
                    concat("ON leaves out ", sitrep::join(missing, ", "),
                           ": a table is joined by its whole key (", key_text(join), ")"));
  }

  bool bind_terms(const Json& node, TableJoin& join) {
    if (kind_of(node) == "BoolExpr" && text_in(body_of(node), "boolop") == "AND_EXPR") {
      const Json& terms = list_in(body_of(node), "args");
      return std::all_of(terms.begin(), terms.end(),
                         [&](const Json& term) { return bind_terms(term, join); });
    }
    return bind_term(node, join);
  }

  bool bind_term(const Json& node, TableJoin& join) {
    const Json& body = body_of(node);
    const Json* left = find_in(body, "lexpr");
    const Json* right = find_in(body, "rexpr");
    const bool equality = kind_of(node) == "A_Expr" && text_in(body, "kind") == "AEXPR_OP" &&
                          name_parts(list_in(body, "name")) == std::vector<std::string>{"="} &&
                          left != nullptr && kind_of(*left) == "ColumnRef" &&
                          kind_of(*right) == "ColumnRef";
    if (!equality) {
      return complain(begin_of(node),
                      concat("ON compares the key of the table (", key_text(join), ") by = with "
                             "columns of the stream, combined with AND; other conditions go into "
                             "WHERE"));
    }
    InputScope scope(row_, "", diagnostics_);
    const auto bind_column = [&](const Json& column) {
      return scope.find(name_parts(list_in(body_of(column), "fields")), location_of(column));
    };
    const auto a = bind_column(*left);
    const auto b = bind_column(*right);
    if (!a || !b) return false;
    if ((*a < join.first_column) == (*b < join.first_column)) {
      return complain(begin_of(node),
                      concat("ON compares two columns of ",
                             *a < join.first_column ? "the stream" : "the table",
                             "; expected one of the table's key (", key_text(join), ") and one of "
                             "the stream"));
    }
    return add_key(std::max(*a, *b), std::min(*a, *b), begin_of(node), join);
  }

  bool add_key(std::size_t of_table, std::size_t of_row, std::size_t position, TableJoin& join) {
    const Field& key = row_.schema.fields[of_table];
    const Field& other = row_.schema.fields[of_row];
    const auto found = std::find(join.table_keys.begin(), join.table_keys.end(), of_table);
    if (found == join.table_keys.end()) {
      return complain(position, concat("'", key.name, "' is not in the key of table '", join.table,
                                       "' (", key_text(join), "); other conditions go into "
                                       "WHERE"));
    }
    if (key.type != other.type) {
      return complain(position, concat("'", key.name, "' is ", to_string(key.type), " and '",
                                       other.name, "' is ", to_string(other.type),
                                       "; cast it in a stream of its own, and join that"));
    }
    std::size_t& bound = join.keys[static_cast<std::size_t>(found - join.table_keys.begin())];
    if (bound != kUnbound) {
      return complain(position, concat("ON compares '", key.name, "' twice, expected once"));
    }
    bound = of_row;
    return true;
  }

  const BindOptions& options_;
  Select& select_;
  InputRow& row_;
  Diagnostics& diagnostics_;
};

}  // namespace

bool bind_from(const Json& select_body, const BindOptions& options, Select& select, InputRow& row,
               Diagnostics& diagnostics) {
  return FromBinder(options, select, row, diagnostics).bind(list_in(select_body, "fromClause"));
}

}  // namespace sitrep::sql
