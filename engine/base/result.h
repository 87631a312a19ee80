// SPDX-License-Identifier: Apache-2.0
#pragma once
// Result<T> is a T or an Error. It must be looked at ([[nodiscard]]); TRY and ASSIGN_OR_RETURN pass
// an Error on. It wraps tl::expected so that a move to std::expected touches this file alone.

#include <tl/expected.hpp>
#include <utility>

#include "engine/base/error.h"

namespace sitrep {

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  Result(Error error) : tl::expected<T, Error>(tl::unexpect, std::move(error)) {}
};

template <>
class [[nodiscard]] Result<void> : public tl::expected<void, Error> {
 public:
  using tl::expected<void, Error>::expected;
  Result() = default;
  Result(Error error) : tl::expected<void, Error>(tl::unexpect, std::move(error)) {}
};

}  // namespace sitrep

/// Returns the Error of `expression` (a Result<void>), or goes on.
#define TRY(expression)                                            \
  do {                                                             \
    if (auto try_result = (expression); !try_result.has_value()) { \
      return std::move(try_result).error();                        \
    }                                                              \
  } while (false)

#define SITREP_CONCAT_INNER(a, b) a##b
#define SITREP_CONCAT(a, b) SITREP_CONCAT_INNER(a, b)
#define SITREP_ASSIGN_OR_RETURN(result, target, expression) \
  auto result = (expression);                               \
  if (!result.has_value()) return std::move(result).error(); \
  target = *std::move(result)

/// `ASSIGN_OR_RETURN(auto x, f());` declares x from f()'s value, or returns f()'s Error.
#define ASSIGN_OR_RETURN(target, expression) \
  SITREP_ASSIGN_OR_RETURN(SITREP_CONCAT(assign_result_, __LINE__), target, expression)
