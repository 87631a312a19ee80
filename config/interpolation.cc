// SPDX-License-Identifier: Apache-2.0
#include "config/interpolation.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <optional>

#include "config/source_text.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

bool is_name(std::string_view text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0])) != 0) return false;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') return false;
  }
  return true;
}

class Interpolator {
 public:
  Interpolator(std::string_view text, const Environment& environment)
      : text_(text), environment_(environment) {}

  Interpolation run() {
    while (at_ < text_.size()) {
      if (text_.substr(at_, 2) == "$$") {
        append("$");
        at_ += 2;
      } else if (text_.substr(at_, 2) == "${") {
        take_variable();
      } else {
        take_verbatim();
      }
    }
    return std::move(out_);
  }

 private:
  /// `bytes` stand for what is at at_.
  void append(std::string_view bytes) {
    out_.value += bytes;
    out_.origins.resize(out_.value.size(), at_);
    out_.verbatim.resize(out_.value.size(), false);
  }
  /// One byte and all up to the next `$`.
  void take_verbatim() {
    const std::size_t end = std::min(text_.find('$', at_ + 1), text_.size());
    out_.value += text_.substr(at_, end - at_);
    out_.verbatim.resize(out_.value.size(), true);
    out_.origins.resize(out_.value.size());
    std::iota(out_.origins.end() - static_cast<std::ptrdiff_t>(end - at_), out_.origins.end(), at_);
    at_ = end;
  }
  void complain(std::string message) { out_.complaints.push_back({at_, std::move(message)}); }

  void take_variable() {
    const std::size_t end = text_.find('}', at_);
    if (end == std::string_view::npos) {
      complain("'${' without '}'; write $$ for a dollar sign");
      at_ = text_.size();
      return;
    }
    const std::string_view inside = text_.substr(at_ + 2, end - at_ - 2);
    const std::size_t dash = inside.find(":-");
    fill_in(inside.substr(0, dash), dash == std::string_view::npos
                                        ? std::nullopt
                                        : std::optional(inside.substr(dash + 2)));
    at_ = end + 1;
  }

  void fill_in(std::string_view name, std::optional<std::string_view> default_value) {
    if (!is_name(name)) {
      complain(concat("'${", name, "}' does not name a variable; expected ${NAME} or "
                      "${NAME:-default}, and $$ for a dollar sign"));
      return;
    }
    const auto found = environment_.find(name);
    const bool unset = found == environment_.end() || (default_value && found->second.empty());
    if (!unset && find_invalid_utf8(found->second)) {
      complain(concat("the environment variable ", name, " is not UTF-8"));
    } else if (!unset) {
      append(found->second);
    } else if (default_value) {
      append(*default_value);
    } else {
      complain(concat("the environment variable ", name, " is not set; set it or write ${", name,
                      ":-default}"));
    }
  }

  const std::string_view text_;
  const Environment& environment_;
  std::size_t at_ = 0;
  Interpolation out_;
};

}  // namespace

Interpolation interpolate(std::string_view text, const Environment& environment) {
  return Interpolator(text, environment).run();
}

}  // namespace sitrep
