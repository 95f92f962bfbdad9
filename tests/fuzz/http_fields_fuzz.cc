// A request that comes in parts (HTTP/2) is understood as the same one in HTTP/1.1, and refused where that is.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/request_head.h"

namespace {

using waypost::http::Field;
using waypost::http::RequestHead;

std::string Describe(const RequestHead& head) {
  std::string text;
  for (const std::string_view part :
       {head.method, head.path, head.query, head.host, head.amz_target, head.content_type}) {
    text.append(part).push_back('\n');
  }
  text += std::to_string(head.content_length) + ' ' + std::to_string(head.min_revision);
  for (const Field& field : head.fields) text.append(field.name).append(field.value).push_back('\n');
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  RequestHead whole;
  if (waypost::http::ParseHead(bytes, whole) != nullptr || whole.version_1_0) return 0;
  const std::size_t begin = whole.method.size() + 1;
  const std::string target = bytes.substr(begin, bytes.rfind(' ', bytes.find('\r')) - begin);
  RequestHead parts;
  parts.method = whole.method;
  parts.fields = whole.fields;
  const auto* refusal = waypost::http::CompleteHead(target, parts);
  if (target.front() != '/' && target != "*") {
    if (refusal == nullptr) std::abort();  // HTTP/2 has no absolute form
    return 0;
  }
  if (refusal != nullptr || Describe(parts) != Describe(whole)) std::abort();
  return 0;
}
