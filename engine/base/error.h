// SPDX-License-Identifier: Apache-2.0
#pragma once
// What went wrong, as a value. An Error says what its *caller* may do about it (kind, retry) and
// what a person should read (message, outermost context first). Bad input rows are not Errors: they
// become dead letters. Our own bugs are not Errors: they are ENSUREs. Thread-compatible.

#include <string>
#include <string_view>

namespace sitrep {

/// What the caller can do. Each kind exists because some code branches on it.
enum class ErrorKind {
  kInvalidConfig,  ///< The user's input is wrong: exit 2.
  kUnavailable,    ///< The world failed (broker, disk): retry or exit 3.
  kCorrupt,        ///< Local bytes are not what we wrote: set aside and rebuild from the log.
  kExhausted,      ///< A limit is reached: slow down or ask for more.
  kCancelled,      ///< Someone asked us to stop.
  kInternal,       ///< A bug of ours, or an exception that a library threw: exit 70.
};

/// Whether the same call may succeed later.
enum class Retry { kNever, kWithBackoff };

std::string_view to_string(ErrorKind kind);

class Error {
 public:
  Error(ErrorKind kind, std::string message, Retry retry = Retry::kNever)
      : kind_(kind), retry_(retry), message_(std::move(message)) {}

  ErrorKind kind() const { return kind_; }
  bool retriable() const { return retry_ == Retry::kWithBackoff; }
  const std::string& message() const { return message_; }

  /// Prepends what was being attempted: "stream fleet_summary: " + message.
  Error with_context(std::string_view context) &&;

  friend bool operator==(const Error&, const Error&) = default;

 private:
  ErrorKind kind_;
  Retry retry_;
  std::string message_;
};

Error invalid_config(std::string message);
Error unavailable(std::string message, Retry retry = Retry::kWithBackoff);
Error corrupt(std::string message);
Error exhausted(std::string message);
Error cancelled(std::string message);
Error internal_error(std::string message);

}  // namespace sitrep
