// SPDX-License-Identifier: Apache-2.0
#include "config/kafka_properties.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config_error.h"
#include "config/error_list.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

constexpr std::string_view kFilePrefix = "file:";
/// A key with its chain of certificates has some kilobytes.
constexpr std::size_t kSecretBytesMax = 1U << 20U;

Result<std::string> read_secret(const std::string& path) {
  if (path.empty()) return invalid_config("no path behind 'file:'");
  std::ifstream in(path, std::ios::binary);
  const auto refuse = [&](std::string_view why) {
    return invalid_config(concat("cannot read ", path, ": ", why));
  };
  if (!in) return refuse(std::strerror(errno));
  std::string text(kSecretBytesMax + 1, '\0');
  errno = 0;
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad()) return refuse(errno != 0 ? std::strerror(errno) : "it is no file");
  if (text.size() > kSecretBytesMax) {
    return refuse(concat("it has more than ", kSecretBytesMax, " bytes"));
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return refuse("it is empty");
  // librdkafka takes texts that end at the first of these.
  if (text.find('\0') != std::string::npos) return refuse("it holds a zero byte");
  return text;
}

}  // namespace

Result<std::map<std::string, std::string>> read_kafka_properties(const JobSpec& job) {
  std::map<std::string, std::string> out;
  if (!job.kafka) return out;
  std::vector<ConfigError> found;
  ErrorList errors(job.file, job.overrides, found);
  for (const auto& [name, value] : job.kafka->properties) {
    if (!value.value.starts_with(kFilePrefix)) {
      out.emplace(name, value.value);
      continue;
    }
    auto secret = read_secret(value.value.substr(kFilePrefix.size()));
    if (secret) {
      out.emplace(name, *std::move(secret));
    } else {
      errors.add(value.place, concat("the property '", name, "': ", secret.error().message()));
    }
  }
  if (errors.empty()) return out;
  errors.sort();
  std::vector<std::string> lines;
  for (const ConfigError& error : found) lines.push_back(to_string(error));
  return invalid_config(join(lines, "\n"));
}

}  // namespace sitrep
