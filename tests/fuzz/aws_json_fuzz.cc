// The first byte picks an operation, the rest is a body: parsed and checked as the door does it. What the quick reader
// of DiscoverInstances accepts, the thorough one must accept with the same meaning; what is written of an accepted body
// must read back as the same request. Other first bytes drive the readers of page tokens and forms.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cloudmap/caller_identity.h"
#include "cloudmap/operation.h"
#include "cloudmap/operation_filter.h"
#include "cloudmap/page_token.h"

namespace {

using namespace waypost::cloudmap;

void Require(bool good) {
  if (!good) std::abort();
}

std::vector<waypost::view::AttributeFilter> Sorted(std::vector<waypost::view::AttributeFilter> filters) {
  std::sort(filters.begin(), filters.end());
  return filters;
}

void CompareReaders(const Operation& operation, std::string_view body) {
  DiscoverRequest plain;
  if (!ReadPlainDiscover(body, plain)) return;
  const auto input = ReadInput(operation, body);
  Require(input.ok());
  DiscoverRequest thorough;
  ReadDiscover(input.value(), thorough);
  Require(plain.namespace_name == thorough.namespace_name);
  Require(plain.service_name == thorough.service_name);
  Require(plain.owner_account == thorough.owner_account);
  Require(plain.health == thorough.health);
  Require(plain.max_results == thorough.max_results);
  Require(Sorted(plain.required) == thorough.required);
  Require(Sorted(plain.optional) == thorough.optional);
}

void Read(const Operation& operation, std::string_view body) {
  const auto input = ReadInput(operation, body);
  if (!input.ok()) {
    const auto code = input.error().code;
    Require(code == waypost::model::Code::kSerialization || code == waypost::model::Code::kInvalidInput);
    return;
  }
  const std::string canonical = Canonical(*operation.input, input.value(), {});
  const auto again = ReadInput(operation, canonical);
  Require(again.ok());
  Require(Canonical(*operation.input, again.value(), {}) == canonical);
  if (operation.name == "ListOperations") (void)ReadOperationFilter(input.value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto operations = Operations();
  const std::size_t pick = data[0] % (operations.size() + 2);
  if (pick < operations.size()) {
    const Operation& operation = operations[pick];
    if (operation.name == "DiscoverInstances") CompareReaders(operation, body);
    Read(operation, body);
  } else if (pick == operations.size()) {
    const PageScope scope = {"ListServices", "{}"};
    const auto cursor = ReadPageToken(scope, std::string(body));
    if (cursor.ok() && !cursor.value().empty()) Require(MakePageToken(scope, cursor.value()) == body);
  } else {
    (void)FormParameter(body, "Action");
  }
  return 0;
}
