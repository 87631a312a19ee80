// SPDX-License-Identifier: Apache-2.0
#pragma once
// A file descriptor that closes itself, and the system calls on it with errors that name the path
// and the reason. Thread-compatible.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/result.h"

namespace sitrep {

class Descriptor {
 public:
  Descriptor() = default;
  /// `flags` are open(2)'s; a file that is made gets mode 0644.
  static Result<Descriptor> open(const std::string& path, int flags);
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept
      : number_(std::exchange(other.number_, -1)), path_(std::move(other.path_)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    std::swap(path_, other.path_);
    return *this;
  }

  const std::string& path() const { return path_; }
  Result<std::int64_t> size() const;
  /// Reads at most `bytes_max` bytes from `offset` on and appends them to `out`.
  Result<std::size_t> read_at(std::int64_t offset, std::size_t bytes_max, std::string& out) const;
  /// Writes all of `bytes` at the end (a file opened with O_APPEND) or at the current place.
  Result<void> write(std::string_view bytes) const;
  Result<void> cut(std::int64_t size) const;
  /// Returns when what was written is on the disk.
  Result<void> sync() const;

 private:
  Descriptor(int number, std::string path) : number_(number), path_(std::move(path)) {}

  int number_ = -1;
  std::string path_;
};

/// "reading PATH: No such file or directory" of the call that just failed.
Error system_error(std::string_view attempted, std::string_view path);

}  // namespace sitrep
