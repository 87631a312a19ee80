// SPDX-License-Identifier: Apache-2.0
// The list of functions in docs/job-file.md, to which error messages point, has all of them.
#include <gmock/gmock.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "config/assemble.h"
#include "engine/base/text.h"

namespace sitrep {
namespace {

TEST(FunctionList, has_every_function) {
  std::ifstream in(SITREP_JOB_FILE_DOCUMENT);
  std::ostringstream document;
  document << in.rdbuf();
  const std::string text = document.str();
  const std::size_t begin = text.find("\n## Functions\n");
  ASSERT_NE(begin, std::string::npos);
  const std::string section = text.substr(begin, text.find("\n## ", begin + 1) - begin);
  std::vector<std::string> missing;
  for (const std::string& name : make_function_registry().names()) {
    if (section.find(concat("`", name, "`")) == std::string::npos) missing.push_back(name);
  }
  EXPECT_THAT(missing, testing::IsEmpty());
}

}  // namespace
}  // namespace sitrep
