#include "waypost/http/message.h"

#include "http/request_head.h"

namespace waypost::http {

std::string_view Request::Header(std::string_view name) const {
  if (fields == nullptr) return {};
  for (const Field& field : *fields) {
    if (EqualIgnoringCase(field.name, name)) return field.value;
  }
  return {};
}

}  // namespace waypost::http
