// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/evaluator.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/ensure.h"

namespace sitrep::sql {
namespace {

/// One batch as every node sees it.
struct Run {
  const ColumnBatch& batch;
  Arena& arena;
  std::size_t& errors;
};

/// The rows of `selection` for which `keep` holds.
template <typename Keep>
Selection narrowed(const Selection& selection, Keep&& keep) {
  std::vector<std::uint32_t> rows(selection.size());
  std::size_t count = 0;
  selection.for_each([&](std::size_t row) {
    rows[count] = static_cast<std::uint32_t>(row);
    count += keep(row) ? 1 : 0;
  });
  rows.resize(count);
  return Selection(selection.rows(), std::move(rows));
}

bool is_true(const Column& column, std::size_t row) {
  return (column.booleans()[row] & ~column.nulls()[row] & 1) != 0;
}

/// Copies row `row` of `from` to row `row` of `to`.
void copy_cell(const Column& from, Column& to, std::size_t row) {
  to.nulls()[row] = from.nulls()[row];
  switch (from.type()) {
    case Type::kBoolean: to.booleans()[row] = from.booleans()[row]; break;
    case Type::kDouble: to.doubles()[row] = from.doubles()[row]; break;
    case Type::kText: to.texts()[row] = from.texts()[row]; break;
    case Type::kBigint:
    case Type::kTimestamp:
    case Type::kInterval: to.ints()[row] = from.ints()[row]; break;
  }
}

void fill(Column& column, const Value& value) {
  const std::size_t rows = column.size();
  if (is_null(value)) {
    std::fill(column.nulls().begin(), column.nulls().end(), std::uint8_t{1});
    return;
  }
  switch (column.type()) {
    case Type::kBoolean:
      std::fill_n(column.booleans().begin(), rows, std::uint8_t{std::get<bool>(value)});
      break;
    case Type::kDouble: std::fill_n(column.doubles().begin(), rows, std::get<double>(value)); break;
    case Type::kText:
      std::fill_n(column.texts().begin(), rows, std::string_view(std::get<std::string>(value)));
      break;
    case Type::kBigint:
    case Type::kTimestamp:
    case Type::kInterval:
      std::fill_n(column.ints().begin(), rows, std::get<std::int64_t>(value));
      break;
  }
}

class Node {
 public:
  explicit Node(const Expression& expression) : expression_(&expression) {
    for (const ExpressionPtr& argument : expression.arguments) arguments_.emplace_back(*argument);
  }

  ColumnPtr evaluate(const Run& run, const Selection& selection) {
    switch (expression_->kind) {
      case ExpressionKind::kColumn: return run.batch.columns.at(expression_->column);
      case ExpressionKind::kLiteral: return literal(selection.rows());
      case ExpressionKind::kCall: return call(run, selection);
      case ExpressionKind::kAnd: return connect(run, selection, /*decisive=*/0);
      case ExpressionKind::kOr: return connect(run, selection, /*decisive=*/1);
      case ExpressionKind::kNot: return negation(run, selection);
      case ExpressionKind::kIsNull: return null_test(run, selection);
      case ExpressionKind::kCase: return first_true_case(run, selection);
      case ExpressionKind::kCoalesce: return first_not_null(run, selection);
    }
    ENSURE(false, "unknown ExpressionKind");
  }

  Selection select(const Run& run, const Selection& selection) {
    if (expression_->kind == ExpressionKind::kAnd) {
      Selection left = selection;
      for (Node& argument : arguments_) {
        if (left.empty()) break;
        left = argument.select(run, left);
      }
      return left;
    }
    const ColumnPtr result = evaluate(run, selection);
    return narrowed(selection, [&](std::size_t row) { return is_true(*result, row); });
  }

 private:
  /// The scratch column with `rows` rows, none null; a new one while someone else holds the old.
  Column& fresh(std::size_t rows) {
    if (scratch_ == nullptr || scratch_.use_count() > 1) {
      scratch_ = std::make_shared<Column>(expression_->type, rows);
      return *scratch_;
    }
    scratch_->resize(rows);
    std::fill(scratch_->nulls().begin(), scratch_->nulls().end(), std::uint8_t{0});
    return *scratch_;
  }

  ColumnPtr literal(std::size_t rows) {
    if (scratch_ == nullptr || scratch_->size() != rows) fill(fresh(rows), expression_->literal);
    return scratch_;
  }

  ColumnPtr call(const Run& run, const Selection& selection) {
    std::vector<ColumnPtr> columns;
    std::vector<const Column*> arguments;
    for (Node& argument : arguments_) {
      columns.push_back(argument.evaluate(run, selection));
      arguments.push_back(columns.back().get());
    }
    Column& out = fresh(selection.rows());
    if (expression_->function->strict()) {
      for (const Column* argument : arguments) spread_nulls(*argument, selection, out);
    }
    run.errors += expression_->function->evaluate(
        {.arguments = arguments, .selection = selection, .arena = run.arena}, out);
    return scratch_;
  }

  static void spread_nulls(const Column& from, const Selection& selection, Column& to) {
    const auto in = from.nulls();
    const auto out = to.nulls();
    selection.for_each([&](std::size_t row) { out[row] |= in[row]; });
  }

  /// AND (false decides) and OR (true decides): later arguments see only the undecided rows.
  ColumnPtr connect(const Run& run, const Selection& selection, std::uint8_t decisive) {
    Column& out = fresh(selection.rows());
    const auto values = out.booleans();
    const auto nulls = out.nulls();
    selection.for_each(
        [&](std::size_t row) { values[row] = static_cast<std::uint8_t>(1 - decisive); });
    Selection undecided = selection;
    for (Node& argument : arguments_) {
      if (undecided.empty()) break;
      const ColumnPtr result = argument.evaluate(run, undecided);
      const auto in = result->booleans();
      const auto in_nulls = result->nulls();
      undecided = narrowed(undecided, [&](std::size_t row) {
        if (in_nulls[row] != 0) {
          nulls[row] = 1;
          return true;
        }
        if (in[row] != decisive) return true;
        values[row] = decisive;
        nulls[row] = 0;
        return false;
      });
    }
    return scratch_;
  }

  ColumnPtr negation(const Run& run, const Selection& selection) {
    const ColumnPtr in = arguments_[0].evaluate(run, selection);
    Column& out = fresh(selection.rows());
    spread_nulls(*in, selection, out);
    const auto values = out.booleans();
    const auto given = in->booleans();
    selection.for_each(
        [&](std::size_t row) { values[row] = static_cast<std::uint8_t>(1 - given[row]); });
    return scratch_;
  }

  ColumnPtr null_test(const Run& run, const Selection& selection) {
    const ColumnPtr in = arguments_[0].evaluate(run, selection);
    const auto values = fresh(selection.rows()).booleans();
    const auto nulls = in->nulls();
    selection.for_each([&](std::size_t row) { values[row] = nulls[row]; });
    return scratch_;
  }

  ColumnPtr first_true_case(const Run& run, const Selection& selection) {
    Column& out = fresh(selection.rows());
    Selection pending = selection;
    for (std::size_t i = 0; i + 1 < arguments_.size(); i += 2) {
      if (pending.empty()) return scratch_;
      const ColumnPtr when = arguments_[i].evaluate(run, pending);
      const Selection chosen =
          narrowed(pending, [&](std::size_t row) { return is_true(*when, row); });
      pending = narrowed(pending, [&](std::size_t row) { return !is_true(*when, row); });
      take(run, arguments_[i + 1], chosen, out);
    }
    take(run, arguments_.back(), pending, out);
    return scratch_;
  }

  ColumnPtr first_not_null(const Run& run, const Selection& selection) {
    Column& out = fresh(selection.rows());
    Selection pending = selection;
    for (Node& argument : arguments_) {
      if (pending.empty()) break;
      take(run, argument, pending, out);
      pending = narrowed(pending, [&](std::size_t row) { return out.is_null(row); });
    }
    return scratch_;
  }

  static void take(const Run& run, Node& from, const Selection& rows, Column& out) {
    if (rows.empty()) return;
    const ColumnPtr column = from.evaluate(run, rows);
    rows.for_each([&](std::size_t row) { copy_cell(*column, out, row); });
  }

  const Expression* expression_;
  std::vector<Node> arguments_;
  std::shared_ptr<Column> scratch_;
};

}  // namespace

struct Evaluator::State {
  explicit State(ExpressionPtr bound) : expression(std::move(bound)), root(*expression) {}

  ExpressionPtr expression;  // what the nodes point into
  Node root;
  std::size_t errors = 0;
};

Evaluator::Evaluator(ExpressionPtr expression)
    : state_(std::make_unique<State>(std::move(expression))) {}
Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;

ColumnPtr Evaluator::evaluate(const ColumnBatch& batch, const Selection& selection,
                              Arena& arena) {
  return state_->root.evaluate({batch, arena, state_->errors}, selection);
}

Selection Evaluator::select(const ColumnBatch& batch, const Selection& selection, Arena& arena) {
  ENSURE(state_->expression->type == Type::kBoolean, "select() wants a boolean expression");
  return state_->root.select({batch, arena, state_->errors}, selection);
}

std::size_t Evaluator::take_error_count() { return std::exchange(state_->errors, 0); }

}  // namespace sitrep::sql
