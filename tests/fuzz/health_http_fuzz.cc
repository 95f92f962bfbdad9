// What a checked HTTP server answers: any bytes, cut anywhere, are judged as they are when they come in one piece.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "health/probe_http_answer.h"

namespace {

using waypost::health::HttpAnswer;
using waypost::health::Reading;

/// `step`: octets that come at once.
bool IsGood(const waypost::model::CheckPlan& plan, std::string_view bytes, std::size_t step) {
  HttpAnswer answer(plan);
  Reading reading = Reading::kMore;
  while (reading == Reading::kMore && !bytes.empty()) {
    reading = answer.Feed(bytes.substr(0, step));
    bytes.remove_prefix(bytes.size() < step ? bytes.size() : step);
  }
  if (reading == Reading::kMore) reading = answer.End();
  if (reading == Reading::kMore || (reading == Reading::kBad) == answer.why().empty()) std::abort();
  return reading == Reading::kGood;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  waypost::model::CheckPlan plan;
  if ((data[0] & 1) != 0) plan.good_body = "up";
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const bool whole = IsGood(plan, bytes, bytes.size());
  if (whole != IsGood(plan, bytes, 1 + data[0] / 2 % 16)) std::abort();
  return 0;
}
