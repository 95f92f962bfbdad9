// What a checked gRPC server answers: any bytes, cut anywhere, are judged as they are when they come in one piece.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "health/probe_grpc_answer.h"

namespace {

using waypost::health::GrpcAnswer;
using waypost::health::Reading;

/// `step`: octets that come at once.
bool IsGood(std::string_view bytes, std::size_t step) {
  GrpcAnswer answer({"10.0.0.7:9000", "shop.Orders"});
  if (answer.TakeOutput().empty()) std::abort();
  Reading reading = Reading::kMore;
  while (reading == Reading::kMore && !bytes.empty()) {
    reading = answer.Feed(bytes.substr(0, step));
    bytes.remove_prefix(bytes.size() < step ? bytes.size() : step);
    if (reading == Reading::kMore) answer.TakeOutput();
  }
  if (reading == Reading::kMore) reading = answer.End();
  if (reading == Reading::kMore || (reading == Reading::kBad) == answer.why().empty()) std::abort();
  return reading == Reading::kGood;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  waypost::health::ReadServingStatus(bytes);
  if (IsGood(bytes, bytes.size()) != IsGood(bytes, 1 + data[0] % 16)) std::abort();
  return 0;
}
