// SPDX-License-Identifier: Apache-2.0
#include "cli/job_loading.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <utility>

#include "config/assemble.h"
#include "config/parse_job.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

std::optional<std::string> environment_variable(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return invalid_config(concat("cannot read ", path, ": ", std::strerror(errno)));
  std::string text(bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad()) return invalid_config(concat("cannot read ", path, ": is it a file?"));
  if (text.size() > bytes_max) {
    return invalid_config(concat(path, " is larger than ", bytes_max, " bytes"));
  }
  return text;
}

Result<std::shared_ptr<const JobPlan>> load_job(const JobSource& source, std::ostream& err) {
  ASSIGN_OR_RETURN(const std::string text, read_text_file(source.path, kJobFileBytesMax));
  std::vector<ConfigError> errors;
  auto spec =
      parse_job(text, source.path, environment_variable, errors, source.overrides);
  std::optional<JobPlan> plan;
  if (spec) plan = plan_job(*std::move(spec), make_function_registry(), errors);
  if (!plan) {
    err << to_string(std::move(errors));
    return std::shared_ptr<const JobPlan>();
  }
  for (const ConfigError& warning : plan->warnings) {
    err << to_string(warning) << " (warning)\n";
  }
  return std::make_shared<const JobPlan>(*std::move(plan));
}

}  // namespace sitrep
