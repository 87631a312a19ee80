// SPDX-License-Identifier: Apache-2.0
// The sitrep program: reads the command line, calls one command, and turns its result into an exit
// code: 0 done, 2 the user's input is wrong, 3 the world failed, 70 our bug.
#include <CLI/CLI.hpp>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "cli/allocator.h"
#include "cli/demo_command.h"
#include "cli/generate_command.h"
#include "cli/job_loading.h"
#include "cli/reset_command.h"
#include "cli/run_command.h"
#include "cli/tail_command.h"
#include "cli/terminal.h"
#include "cli/test_command.h"
#include "config/explain.h"
#include "engine/base/logging.h"
#include "engine/base/stop_flag.h"
#include "engine/base/text.h"
#include "engine/data/time_text.h"

namespace sitrep {
namespace {

constexpr int kDone = 0;
constexpr int kInputWrong = 2;
constexpr int kWorldFailed = 3;
constexpr int kBug = 70;

StopFlag stop_flag;

void request_stop(int) { stop_flag.request(); }

int exit_code(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kInvalidConfig: return kInputWrong;
    case ErrorKind::kUnavailable:
    case ErrorKind::kCorrupt:
    case ErrorKind::kExhausted: return kWorldFailed;
    case ErrorKind::kCancelled: return kDone;
    case ErrorKind::kInternal: return kBug;
  }
  return kBug;
}

int report(const Result<void>& result) {
  if (result) return kDone;
  std::cerr << "sitrep: " << result.error().message() << '\n';
  return exit_code(result.error());
}

template <typename Function>
int with_plan(const JobSource& source, Function&& function) {
  auto plan = load_job(source, std::cerr);
  if (!plan) return report(std::move(plan).error());
  if (*plan == nullptr) return kInputWrong;
  return function(*std::move(plan));
}

void add_job(CLI::App& command, JobSource& job) {
  command.add_option("JOB", job.path, "The job file (docs/job-file.md)")->required();
  command.add_option("--set", job.overrides,
                     "Overrides one value of the job file: --set kafka.brokers=host:9092");
}

void add_tail_options(CLI::App& command, TailOptions& options, std::string& colour) {
  command.add_option("TOPIC", options.topic, "The topic")->required();
  command.add_option("--brokers", options.brokers, "host:port of a Kafka broker")
      ->envname("SITREP_BROKERS")
      ->capture_default_str();
  command.add_flag("--from-start", options.from_start,
                   "What is there already, then what comes");
  CLI::Option* active = command.add_flag(
      "--active", options.view.active,
      "First the alerts that are up now, the most severe and oldest above; then what changes");
  command.add_option("--count", options.count,
                     "Ends after so many records are shown; with --active so many after the list "
                     "(0: the list alone)");
  AlertFilter& filter = options.view.filter;
  command.add_option("--severity", filter.severity, "Alerts of this severity and above")
      ->check(CLI::IsMember({"info", "warning", "critical"}));
  command.add_option("--state", filter.state, "Alerts in this state")
      ->check(CLI::IsMember({"active", "suppressed", "cleared"}));
  command.add_option("--group", filter.groups, "Alerts of this group; may be repeated")
      ->allow_extra_args(false);
  command.add_option("--alert", filter.alerts, "Alerts of this name; may be repeated")
      ->allow_extra_args(false);
  command.add_option("--text", filter.text,
                     "Alerts with these words in text, name or key, in any case");
  CLI::Option* advice =
      command.add_flag("--advice", options.view.line.advice, "A second line: what is to be done");
  command.add_flag("--raw", options.view.raw,
                   "Alerts too as other records are: partition:offset, key, value, headers")
      ->excludes(active)
      ->excludes(advice);
  command.add_option("--color", colour, "auto (a terminal, and no NO_COLOR), always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  command.footer(
      "An alert's line: severity, time (UTC), age (of a cleared one: how long it was up), change, "
      "alert, key, group, text.\nWith one of --severity, --state, --group, --alert, --text and "
      "--active, records that are no alerts are not shown.\n"
      "  sitrep tail fleet.alerts --active --severity warning\n"
      "Why did a row not count? `sitrep tail JOB.dead_letters --from-start`: the reason is in the "
      "headers.");
}

/// CLI11 has only "A subcommand is required" for a word that is no command.
std::optional<std::string> unknown_command(const CLI::App& app) {
  if (!app.get_subcommands().empty()) return std::nullopt;
  const std::vector<std::string> words = app.remaining();
  const auto word = std::ranges::find_if(
      words, [](const std::string& text) { return !text.starts_with('-'); });
  if (word == words.end()) return std::nullopt;
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    known.push_back(command->get_name());
  }
  const auto near = nearest_name(*word, known);
  return concat("there is no command '", *word, "'; ",
                near ? concat("did you mean '", *near, "'?")
                     : concat("there are ", join(known, ", ")));
}

int run(int argc, char** argv) {
  CLI::App app{"Telemetry in, situation reports out: windows and alerts over Kafka topics."};
  app.require_subcommand(1);
  app.footer(
      "A first look: `sitrep demo`. A job of your own: docs/job-file.md, then `sitrep check`, "
      "`sitrep explain`, `sitrep run`.\nExit codes: 0 done, 2 the input is wrong, 3 the world "
      "failed (broker, disk), 70 a bug in sitrep.");
  bool verbose = false;
  app.add_flag("-v,--verbose", verbose, "More lines in the log");
  int code = kDone;

  JobSource job;
  CLI::App* check = app.add_subcommand("check", "Says everything that is wrong with a job file");
  add_job(*check, job);
  check->callback([&] {
    code = with_plan(job, [&](auto plan) {
      std::cout << job.path << ": ok, " << plan->streams.size() << " streams, "
                << plan->alerts.size() << " alerts\n";
      return kDone;
    });
  });

  CLI::App* explain_command = app.add_subcommand(
      "explain", "Shows what a job does: stages, columns read, windows, state, topics");
  add_job(*explain_command, job);
  explain_command->callback([&] {
    code = with_plan(job, [](auto plan) {
      std::cout << sitrep::explain(*plan);
      return kDone;
    });
  });

  RunOptions run_options;
  std::vector<std::string> job_files;
  CLI::App* run_job_command =
      app.add_subcommand("run", "Runs a job, or several, until stopped (Ctrl-C)");
  run_job_command->add_option("JOB", job_files, "The job files (docs/job-file.md)")->required();
  run_job_command->add_option("--set", job.overrides,
                              "Overrides one value of each job file: --set "
                              "kafka.brokers=host:9092");
  run_job_command
      ->add_option("--memory", run_options.memory_bytes,
                   "What all jobs together may use (512MiB), split as their own figures are")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true));
  run_job_command->add_flag("--bounded", run_options.bounded,
                            "Read to the end offsets seen at the start, close all windows, "
                            "commit, and end");
  run_job_command->callback([&] {
    std::vector<JobPlanPtr> plans;
    for (const std::string& file : job_files) {
      code = with_plan({.path = file, .overrides = job.overrides}, [&](auto plan) {
        plans.push_back(std::move(plan));
        return kDone;
      });
      if (code != kDone) return;
    }
    run_options.on_long_rest = give_freed_memory_back;
    run_options.on_beat = keep_freed_memory_within;
    code = report(run_jobs(std::move(plans), run_options, stop_flag));
  });

  ResetCommandOptions reset_options;
  CLI::App* reset_command = app.add_subcommand(
      "reset", "Drops the state of a job that does not run, or shows what that would mean");
  add_job(*reset_command, job);
  reset_command->add_option("--stream", reset_options.stream,
                            "Only this stream's or alert's state; the inputs are read on from "
                            "where they are");
  reset_command->add_flag("--yes", reset_options.yes, "Do it");
  reset_command->footer(
      "Without --stream the job begins anew: its inputs are read from where `start:` says.\n"
      "What was written to output topics stays there.");
  reset_command->callback([&] {
    code = with_plan(job, [&](auto plan) {
      return report(reset_job(std::move(plan), reset_options, std::cout));
    });
  });

  TestOptions test_options;
  CLI::App* test = app.add_subcommand("test", "Plays test cases of jobs (docs/test-cases.md)");
  test->add_option("CASE", test_options.cases, "Case files")->required();
  test->add_option("--way", test_options.way,
                   "Only one way: plain, batch-of-one, workers, crash-1, crash-2, crash-3, "
                   "tiny-memory, exactly-once-crash, exactly-once-lost-disk");
  test->callback([&] {
    if (!verbose) set_log_level(LogLevel::kWarning);
    const auto failed = run_cases(test_options, std::cout);
    code = !failed ? report(failed.error()) : *failed > 0 ? kInputWrong : kDone;
  });

  DemoOptions demo_options;
  CLI::App* demo = app.add_subcommand(
      "demo", "Shows it all at work: broker, telemetry with faults, two jobs, their alerts");
  demo->add_option("--scenario", demo_options.scenario, "camp, fleet or both")
      ->check(CLI::IsMember({"camp", "fleet", "both"}));
  demo->add_option("--seconds", demo_options.seconds, "Ends after so long, with a summary")
      ->check(CLI::PositiveNumber);
  demo->add_option("--rate", demo_options.records_per_second, "Records per second and scenario")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  demo->add_option("--seed", demo_options.seed, "The same seed makes the same telemetry");
  demo->footer("Needs nothing: the broker is in the process, and all is gone at the end.\n"
               "The jobs are config/jobs/camp.yaml and config/jobs/fleet.yaml.");
  demo->callback([&] {
    if (!verbose) set_log_level(LogLevel::kWarning);
    const bool terminal = ::isatty(STDOUT_FILENO) != 0;
    code = report(run_demo(demo_options, terminal, stop_flag, std::cout));
  });

  GenerateOptions generate_options;
  CLI::App* generate_command = app.add_subcommand(
      "generate", "Makes up telemetry in real time, for a pipe or into Kafka");
  generate_command->add_option("SCENARIO", generate_options.scenario,
                               "camp, fleet, smart_camp or vehicle_fleet")
      ->required()
      ->check(CLI::IsMember({"camp", "fleet", "smart_camp", "vehicle_fleet"}));
  generate_command->add_option("--brokers", generate_options.brokers,
                               "host:port of a Kafka broker; without it lines go to the output");
  generate_command->add_option("--topic", generate_options.topic, "Only this topic's records");
  generate_command->add_option("--rate", generate_options.records_per_second, "Records per second")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  CLI::Option* generate_seconds =
      generate_command->add_option("--seconds", generate_options.seconds, "Ends after so long")
          ->check(CLI::PositiveNumber);
  generate_command
      ->add_option_function<std::string>(
          "--past",
          [&](const std::string& text) {
            generate_options.past = parse_duration(text);
            if (generate_options.past.value_or(0) > 0) return;
            throw CLI::ValidationError("--past", "expected a duration such as 90min or 100h");
          },
          "Not in real time: what the last DURATION (100h) would have brought, at once")
      ->excludes(generate_seconds);
  generate_command->add_option("--seed", generate_options.seed,
                               "The same seed makes the same telemetry");
  generate_command->footer(
      "camp goes to camp.power, camp.water, camp.cold and camp.gates; fleet to fleet.telemetry;\n"
      "smart_camp to these of a camp and to camp.fuel, camp.battery, camp.air, camp.perimeter,\n"
      "camp.gateway and camp.headcount, with faults that last hours (docs/packs/smart-camp.md).\n"
      "vehicle_fleet to that of the fleet, with fleet.zones and the other tables of that job.\n"
      "A few records are broken, late or silent on purpose: real ones are too.\n"
      "  sitrep generate fleet --seconds 5 | head\n"
      "  sitrep generate camp --brokers localhost:9092 --rate 1000\n"
      "  sitrep generate smart_camp --brokers localhost:9092 --rate 2 --past 100h");
  generate_command->callback(
      [&] { code = report(generate(generate_options, stop_flag, std::cout)); });

  TailOptions tail_options;
  std::string colour = "auto";
  CLI::App* tail_command =
      app.add_subcommand("tail", "Prints a topic: alerts for people, other records as they are");
  add_tail_options(*tail_command, tail_options, colour);
  tail_command->callback([&] {
    tail_options.terminal = ::isatty(STDOUT_FILENO) != 0;
    tail_options.view.line.colour = wants_colour({.mode = colour,
                                                  .terminal = tail_options.terminal,
                                                  .no_color = std::getenv("NO_COLOR"),
                                                  .term = std::getenv("TERM")});
    code = report(tail(tail_options, stop_flag, std::cout, std::cerr));
  });

  app.parse_complete_callback([&] {
    if (verbose) set_log_level(LogLevel::kDebug);
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (const auto complaint = unknown_command(app); complaint && error.get_exit_code() != 0) {
      return report(invalid_config(*complaint));
    }
    return app.exit(error) == 0 ? kDone : kInputWrong;
  }
  return code;
}

}  // namespace
}  // namespace sitrep

int main(int argc, char** argv) {
  std::signal(SIGINT, sitrep::request_stop);
  std::signal(SIGTERM, sitrep::request_stop);
  // `| head` must not cut a command off before it has tidied up: writing fails instead.
  std::signal(SIGPIPE, SIG_IGN);
  sitrep::keep_freed_memory_within(std::numeric_limits<std::size_t>::max());
  try {
    return sitrep::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "sitrep: this is a bug in sitrep: " << error.what() << '\n';
    return sitrep::kBug;
  }
}
