// SPDX-License-Identifier: Apache-2.0
#include "config/kafka_properties.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/base/text.h"
#include "tests/unit/config/config_testing.h"
#include "tests/unit/state/temporary_directory.h"

namespace sitrep {
namespace {

class KafkaProperties : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (directory_.path() / name).string(); }

  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }

  /// What the clients of a job get whose properties are `lines`, which begin on line 4.
  static Result<std::map<std::string, std::string>> read(
      const std::string& lines, const std::vector<std::string>& overrides = {}) {
    const ParseAttempt attempt = attempt_parse(
        "job: fleet\nkafka:\n  brokers: localhost\n" + lines +
            "sources: {t: {topic: in, columns: {v: text}}}\n"
            "streams: {all: {sql: SELECT v FROM t}}\n",
        {}, overrides);
    if (!attempt.job) return invalid_config(attempt.errors);
    return read_kafka_properties(*attempt.job);
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(KafkaProperties, file_is_read_without_its_last_line_end) {
  const std::string unix_file = write("unix", "two words\n");
  const std::string dos_file = write("dos", "dos\r\n");
  const std::string bare = write("bare", "line one\nline two");
  const auto properties = read(concat("  properties: {client.id: plain, sasl.username: 'file:",
                                      dos_file, "', sasl.password: 'file:", unix_file,
                                      "', ssl.ca.pem: 'file:", bare, "'}\n"));
  ASSERT_TRUE(properties) << properties.error().message();
  const std::map<std::string, std::string> expected = {{"client.id", "plain"},
                                                       {"sasl.username", "dos"},
                                                       {"sasl.password", "two words"},
                                                       {"ssl.ca.pem", "line one\nline two"}};
  EXPECT_EQ(*properties, expected);
}

TEST_F(KafkaProperties, every_file_that_gives_nothing_is_named_with_its_place) {
  const std::string empty = write("empty", "\n");
  const std::string zero = write("zero", std::string("secret\0more", 11));
  const auto properties = read(concat("  properties:\n    sasl.username: file:", path("gone"),
                                      "\n    sasl.password: file:", empty,
                                      "\n    ssl.key.password: file:", zero,
                                      "\n    ssl.ca.pem: 'file:'\n"));
  ASSERT_FALSE(properties);
  EXPECT_EQ(properties.error().kind(), ErrorKind::kInvalidConfig);
  EXPECT_EQ(properties.error().message(),
            concat("job.yaml:5:20: the property 'sasl.username': cannot read ", path("gone"),
                   ": No such file or directory\n"
                   "job.yaml:6:20: the property 'sasl.password': cannot read ", empty,
                   ": it is empty\n"
                   "job.yaml:7:23: the property 'ssl.key.password': cannot read ", zero,
                   ": it holds a zero byte\n"
                   "job.yaml:8:17: the property 'ssl.ca.pem': no path behind 'file:'"));
}

TEST_F(KafkaProperties, directory_is_no_secret) {
  std::filesystem::create_directory(path("folder"));
  const auto properties = read(concat("  properties: {client.id: 'file:", path("folder"), "'}\n"));
  ASSERT_FALSE(properties);
  EXPECT_EQ(properties.error().message(),
            concat("job.yaml:4:27: the property 'client.id': cannot read ", path("folder"),
                   ": Is a directory"));
}

TEST_F(KafkaProperties, override_is_named_instead_of_a_place) {
  const auto properties = read("", {"kafka.properties.client.id=file:/nope"});
  ASSERT_FALSE(properties);
  EXPECT_EQ(properties.error().message(),
            "--set kafka.properties.client.id=file:/nope: the property 'client.id': cannot read "
            "/nope: No such file or directory");
}

}  // namespace
}  // namespace sitrep
