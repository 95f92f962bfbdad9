// Bytes from a disk that may be damaged: the first octet picks the kind of record, the rest is its value. Whatever
// decodes must encode to something that decodes to the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/stored_value.h"
#include "waypost/store/record.h"

namespace {

using namespace waypost;

void Check(bool good) {
  if (!good) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto service = model::ServiceId::Parse("srv-aaaaaaaaaaaaaaaa").value();
  switch (data[0] % 9) {
    case 0: {
      const std::string_view id = "ns-aaaaaaaaaaaaaaaa";
      const auto value = store::DecodeNamespace(id, bytes);
      if (value.ok()) Check(store::DecodeNamespace(id, store::EncodeNamespace(*value)).value() == *value);
      break;
    }
    case 1: {
      const std::string_view id = "srv-aaaaaaaaaaaaaaaa";
      const auto value = store::DecodeService(id, bytes);
      if (value.ok()) Check(store::DecodeService(id, store::EncodeService(*value)).value() == *value);
      break;
    }
    case 2: {
      const std::string_view id = "srv-aaaaaaaaaaaaaaaa/i-1";
      const auto value = store::DecodeInstance(id, bytes);
      if (value.ok()) Check(store::DecodeInstance(id, store::EncodeInstance(*value)).value() == *value);
      break;
    }
    case 3: {
      const auto value = store::DecodeOperation("op", bytes);
      if (value.ok()) Check(store::DecodeOperation("op", store::EncodeOperation(*value)).value() == *value);
      break;
    }
    case 4: {
      const auto value = store::DecodeHealth(bytes);
      if (value.ok()) Check(store::DecodeHealth(store::EncodeHealth(*value)).value() == *value);
      break;
    }
    case 5: {
      const std::string key = store::HistoryKey(service, "i/0", {1'790'000'000'000}, 7);
      const auto value = store::DecodeTransition(key, bytes);
      if (value.ok()) Check(store::DecodeTransition(key, store::EncodeTransition(*value)).value() == *value);
      (void)store::DecodeTransition(bytes, store::EncodeTransition({})).ok();
      break;
    }
    case 6: {
      const std::string key = store::InstanceKey(service, "i/0");
      const auto pin = store::DecodePin(key, bytes);
      if (pin.ok()) Check(store::DecodePin(key, store::EncodePin(*pin)).value() == *pin);
      const auto shift = store::DecodeShift("zone", bytes);
      if (shift.ok()) Check(store::DecodeShift("zone", store::EncodeShift(*shift)).value() == *shift);
      const auto hold = store::DecodeHold(service.str(), bytes);
      if (hold.ok()) Check(store::DecodeHold(service.str(), store::EncodeHold(*hold)).value() == *hold);
      break;
    }
    case 8: {
      const std::string_view key = "ns-aaaaaaaaaaaaaaaa/beta.backend";
      const auto value = store::DecodeNamedQuery(key, bytes);
      if (value.ok()) Check(store::DecodeNamedQuery(key, store::EncodeNamedQuery(*value)).value() == *value);
      break;
    }
    default: {
      const std::size_t split = bytes.size() / 3;
      const auto value = store::ParseStoredValue(bytes.substr(0, split), bytes.substr(split));
      (void)value.ok();
      (void)store::SplitServiceKey(bytes).ok();
      break;
    }
  }
  return 0;
}
