// SPDX-License-Identifier: Apache-2.0
#include "cli/job_loading.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "config/assemble.h"
#include "config/parse_job.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

Environment process_environment() {
  Environment out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      out.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return out;
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
      parse_job(text, source.path, process_environment(), errors, source.overrides);
  std::optional<JobPlan> plan;
  if (spec) plan = plan_job(*std::move(spec), make_function_registry(), errors);
  if (!plan) {
    err << to_string(std::move(errors));
    return std::shared_ptr<const JobPlan>();
  }
  for (ConfigError warning : plan->warnings) {
    warning.message = concat("warning: ", warning.message);
    err << to_string(warning) << '\n';
  }
  return std::make_shared<const JobPlan>(*std::move(plan));
}

}  // namespace sitrep
