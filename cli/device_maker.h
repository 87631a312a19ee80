// SPDX-License-Identifier: Apache-2.0
#pragma once
// Builds the devices of a scenario; seeds them one after the other, so that the same list gives the
// same devices. Used only by its caller.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cli/seeded_random.h"
#include "cli/telemetry_device.h"
#include "engine/base/text.h"

namespace sitrep {

inline constexpr std::array<std::string_view, 3> kScenarioCamps = {"north", "river", "hill"};

class DeviceMaker {
 public:
  explicit DeviceMaker(std::uint64_t seed) : seeds_(seed) {}

  template <typename Device>
  void add(TelemetryDevice::Identity identity) {
    devices_.push_back(std::make_unique<Device>(std::move(identity), seeds_.next()));
  }

  template <typename Device>
  void add_assets(std::string_view camp, std::string_view kind, int count, std::string topic) {
    for (int i = 1; i <= count; ++i) {
      add<Device>({.camp = std::string(camp),
                   .id = concat(camp, "-", kind, "-", i),
                   .topic = topic,
                   .message_key = std::string(camp)});
    }
  }

  DeviceList take() { return std::move(devices_); }

 private:
  SeededRandom seeds_;
  DeviceList devices_;
};

}  // namespace sitrep
