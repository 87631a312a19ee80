// SPDX-License-Identifier: Apache-2.0
#include "connectors/file/descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr mode_t kMode = 0644;

/// Calls again while a signal interrupted the call.
template <typename Call>
ssize_t uninterrupted(Call&& call) {
  while (true) {
    const ssize_t result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

}  // namespace

Error system_error(std::string_view attempted, std::string_view path) {
  const int code = errno;
  const bool never = code == EACCES || code == EISDIR || code == ENOTDIR || code == EROFS;
  return unavailable(concat(attempted, " ", path, ": ", std::generic_category().message(code)),
                     never ? Retry::kNever : Retry::kWithBackoff);
}

Result<Descriptor> Descriptor::open(const std::string& path, int flags) {
  const auto number = static_cast<int>(
      uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, kMode); }));
  if (number < 0) return system_error("opening", path);
  return Descriptor(number, path);
}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Result<std::int64_t> Descriptor::size() const {
  struct stat facts {};
  if (::fstat(number_, &facts) != 0) return system_error("asking for the size of", path_);
  return static_cast<std::int64_t>(facts.st_size);
}

Result<std::size_t> Descriptor::read_at(std::int64_t offset, std::size_t bytes_max,
                                        std::string& out) const {
  const std::size_t before = out.size();
  out.resize(before + bytes_max);
  const ssize_t count =
      uninterrupted([&] { return ::pread(number_, out.data() + before, bytes_max, offset); });
  out.resize(before + static_cast<std::size_t>(count > 0 ? count : 0));
  if (count < 0) return system_error("reading", path_);
  return static_cast<std::size_t>(count);
}

Result<void> Descriptor::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t count =
        uninterrupted([&] { return ::write(number_, bytes.data(), bytes.size()); });
    if (count < 0) return system_error("writing", path_);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> Descriptor::cut(std::int64_t size) const {
  if (::ftruncate(number_, size) != 0) return system_error("cutting", path_);
  return {};
}

Result<void> Descriptor::sync() const {
  if (::fsync(number_) != 0) return system_error("writing to the disk", path_);
  return {};
}

}  // namespace sitrep
