// SPDX-License-Identifier: Apache-2.0
#pragma once
// || and LIKE, ILIKE. In a pattern % is any text, _ one character (UTF-8), and the escape character
// (by default \) takes the next one literally; a pattern that ends in it cannot be computed. ILIKE
// folds ASCII letters. Thread-safe.

#include <memory>
#include <optional>

#include "engine/api/scalar_function.h"

namespace sitrep::sql {

/// text || text
std::shared_ptr<const ScalarFunction> make_concatenation();

struct LikeOptions {
  bool negated = false;
  bool fold_case = false;
  /// Nothing: no character escapes.
  std::optional<char> escape = '\\';
};

/// text LIKE pattern
std::shared_ptr<const ScalarFunction> make_like(const LikeOptions& options);

}  // namespace sitrep::sql
