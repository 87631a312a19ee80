// SPDX-License-Identifier: Apache-2.0
#pragma once
// A bound query: what a stream's SQL asks for, with names resolved and types checked, ready for
// operators. parse + bind is the only way to make one. Thread-compatible.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/aggregate_function.h"
#include "engine/api/function_registry.h"
#include "engine/base/ids.h"
#include "engine/data/schema.h"
#include "engine/sql/diagnostic.h"
#include "engine/sql/expression.h"
#include "engine/sql/history_call.h"
#include "engine/sql/input_row.h"

namespace sitrep::sql {

/// tumble(width[, offset]) and hop(width, slide[, offset]); a tumbling window has slide == width.
struct Window {
  Micros width = 0;
  Micros slide = 0;
  Micros offset = 0;

  friend bool operator==(const Window&, const Window&) = default;
};

/// One distinct aggregate call of a query: function(arguments) FILTER (WHERE filter).
struct AggregateCall {
  std::shared_ptr<const AggregateFunction> function;
  /// Over the input's columns.
  std::vector<ExpressionPtr> arguments;
  /// Null when there is no FILTER; a boolean over the input's columns.
  ExpressionPtr filter;
  /// As written, for explain: "avg(speed)".
  std::string text;
};

/// GROUP BY of a query: its keys and window, and the aggregates over each group. The grouped row,
/// which `having` and the projections read, is: keys, window_start, window_end, aggregates.
struct Grouping {
  std::vector<ExpressionPtr> keys;
  /// Input column of each key that is a plain column; nullopt for an expression.
  std::vector<std::optional<std::size_t>> key_columns;
  Window window;
  std::vector<AggregateCall> aggregates;
  /// Over the grouped row; null when absent.
  ExpressionPtr having;

  std::size_t window_start_column() const { return keys.size(); }
  std::size_t window_end_column() const { return keys.size() + 1; }
  std::size_t first_aggregate_column() const { return keys.size() + 2; }
};

/// JOIN with a table: gives each row the columns of the table's row with its key, as of the row's
/// event time. Columns are positions in the row that grows by each join: those of the stream, then
/// those of each table in turn.
struct TableJoin {
  std::string table;
  /// Its name in the SQL, unique in the SELECT.
  std::string alias;
  /// Byte offset of the table's name in the SQL text.
  std::size_t position = 0;
  /// LEFT JOIN: a row without a match stays, with nulls.
  bool keeps_unmatched = false;
  /// keys[i] of the row is compared with the i-th column of the table's key.
  std::vector<std::size_t> keys;
  /// The table's key, in its order.
  std::vector<std::size_t> table_keys;
  /// Where the table's columns begin.
  std::size_t first_column = 0;
};

/// One SELECT … FROM one stream.
struct Select {
  /// Name of the stream or source read.
  std::string from;
  /// Byte offset of that name in the SQL text.
  std::size_t from_position = 0;
  /// Tables joined, in order. What is called the input's columns below is the row behind them.
  std::vector<TableJoin> joins;
  /// Byte offset of GROUP BY's first item (or of SELECT when there is none).
  std::size_t group_position = 0;
  /// Over the input's columns, boolean; null when absent.
  ExpressionPtr where;
  std::optional<Grouping> grouping;
  /// Over the grouped row when there is a grouping, else over the input's columns.
  std::vector<ExpressionPtr> projections;
};

/// The branches of a UNION ALL (one branch: no union); all have the same output schema.
struct Query {
  std::vector<Select> branches;
  Schema output;
};

/// Gives the schema of a source or stream, or null when the name is unknown.
using Catalog = std::function<const Schema*(std::string_view name)>;

/// A table as SQL sees it.
struct TableShape {
  Schema schema;
  /// Positions of its key columns.
  std::vector<std::size_t> key;
};
/// Gives a table, or null when the name is unknown.
using TableCatalog = std::function<const TableShape*(std::string_view name)>;

struct BindOptions {
  const Catalog& catalog;
  /// Every name the catalog knows, for "did you mean".
  const std::vector<std::string>& known_streams;
  const FunctionRegistry& functions;
  /// What can be joined; nothing when it is not set.
  TableCatalog tables = nullptr;
  /// Every name of a table, for "did you mean". One of them that `tables` does not give was
  /// complained about: a query with it fails without a diagnostic of its own.
  std::vector<std::string> known_tables = {};
};

/// The names after FROM in `text`, in order, without binding: what orders the streams of a job.
/// Empty when the text does not parse (bind_query then says why).
std::vector<std::string> referenced_streams(std::string_view text);

/// Parses and binds `text`. On failure returns nothing and appends at least one diagnostic,
/// but for a table that was complained about (BindOptions::known_tables).
std::optional<Query> bind_query(std::string_view text, const BindOptions& options,
                                Diagnostics& diagnostics);

/// What a lone expression is bound over, and with.
struct LoneOptions {
  const InputRow& row;
  const FunctionRegistry& functions;
  /// Gets the calls of functions across rows; null: there can be none. See HistoryCall for how the
  /// expression reads their results.
  std::vector<HistoryCall>* history = nullptr;
};

/// Binds a lone condition (an alert's `raise`); must be boolean.
/// On failure returns null and appends at least one diagnostic.
ExpressionPtr bind_condition(std::string_view text, const LoneOptions& options,
                             Diagnostics& diagnostics);

/// The same for an alert's `severity`; must be a text.
ExpressionPtr bind_severity(std::string_view text, const LoneOptions& options,
                            Diagnostics& diagnostics);

/// The same for what stands between the braces of an alert's text; may be of any type.
ExpressionPtr bind_value(std::string_view text, const LoneOptions& options,
                         Diagnostics& diagnostics);

/// The scalar and aggregate functions of SQL that come with sitrep.
void add_builtin_functions(FunctionRegistry& registry);

}  // namespace sitrep::sql
