// SPDX-License-Identifier: Apache-2.0
#include "engine/sql/scalar_functions.h"

#include "engine/sql/scalar_choice.h"
#include "engine/sql/scalar_math.h"
#include "engine/sql/scalar_place.h"
#include "engine/sql/scalar_text.h"
#include "engine/sql/scalar_time.h"

namespace sitrep::sql {

void add_builtin_scalars(FunctionRegistry& registry) {
  add_math_scalars(registry);
  add_choice_scalars(registry);
  add_text_scalars(registry);
  add_time_scalars(registry);
  add_place_scalars(registry);
}

}  // namespace sitrep::sql
