#include "transfer/secondaries.h"

#include <algorithm>

#include "waypost/model/owner_name.h"

namespace waypost::transfer {
namespace {

model::Error ConfigError(const Secondary& secondary, std::string_view words) {
  return model::MakeError(model::Code::kConfig, "secondary " + secondary.address.str() + ": " + std::string(words));
}

}  // namespace

bool Secondaries::Listed::Covers(std::string_view apex) const {
  return all_zones || std::find(zones.begin(), zones.end(), apex) != zones.end();
}

model::Result<Secondaries> Secondaries::Create(const Options& options, const dns::Keyring& keys) {
  Secondaries secondaries;
  for (const Secondary& secondary : options.secondaries) {
    Listed listed{.address = secondary.address};
    if (listed.address.port == 0) return ConfigError(secondary, "NOTIFY needs a port");
    listed.sees_private = options.private_networks.Contains(listed.address.address);
    for (const std::string& text : secondary.zones) {
      if (text == "*") {
        listed.all_zones = true;
        continue;
      }
      const auto name = model::OwnerName::Parse(text);
      if (!name.ok()) return ConfigError(secondary, "`" + text + "` is no zone: " + name.error().message);
      listed.zones.emplace_back(name->wire());
    }
    if (!secondary.key.empty()) {
      const auto name = model::OwnerName::Parse(secondary.key);
      listed.key = name.ok() ? keys.Find(name->wire()) : nullptr;
      if (listed.key == nullptr) return ConfigError(secondary, "there is no tsig-key `" + secondary.key + "`");
    }
    secondaries.listed_.push_back(std::move(listed));
  }
  return secondaries;
}

Secondaries::Verdict Secondaries::Judge(const dns::Address& client, std::string_view key, std::string_view apex) const {
  Verdict verdict = Verdict::kStranger;
  for (const Listed& listed : listed_) {
    if (listed.address.address != client) continue;
    if (listed.Covers(apex) && (listed.key == nullptr || listed.key->name == key)) return Verdict::kAllowed;
    verdict = Verdict::kRefused;
  }
  return verdict;
}

}  // namespace waypost::transfer
