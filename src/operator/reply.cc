#include "operator/reply.h"

#include <nlohmann/json.hpp>

#include "waypost/http/router.h"

namespace waypost::oper {

using model::Code;

HttpError HttpErrorOf(Code code) {
  switch (code) {
    case Code::kInvalidInput:
      return {"InvalidInput", 400};
    case Code::kNamespaceNotFound:
      return {"NamespaceNotFound", 404};
    case Code::kNamespaceAlreadyExists:
      return {"NamespaceAlreadyExists", 409};
    case Code::kServiceNotFound:
      return {"ServiceNotFound", 404};
    case Code::kServiceAlreadyExists:
      return {"ServiceAlreadyExists", 409};
    case Code::kInstanceNotFound:
      return {"InstanceNotFound", 404};
    case Code::kOperationNotFound:
      return {"OperationNotFound", 404};
    case Code::kResourceInUse:
      return {"ResourceInUse", 409};
    case Code::kResourceLimitExceeded:
      return {"ResourceLimitExceeded", 409};
    case Code::kDuplicateRequest:
      return {"DuplicateRequest", 409};
    case Code::kTooManyTags:
      return {"TooManyTags", 400};
    case Code::kResourceNotFound:
      return {"ResourceNotFound", 404};
    case Code::kCustomHealthNotFound:
      return {"CustomHealthNotFound", 409};
    case Code::kServiceAttributesLimitExceeded:
      return {"ServiceAttributesLimitExceeded", 409};
    case Code::kRequestLimitExceeded:
      return {"RequestLimitExceeded", 429};
    case Code::kThrottled:
      return {"Throttled", 429};
    case Code::kSerialization:
      return {"Serialization", 400};
    case Code::kUnknownOperation:
      return {"UnknownOperation", 404};
    case Code::kNotReady:
      return {"NotReady", 503};
    case Code::kUnavailable:
      return {"Unavailable", 503};
    case Code::kCorrupt:
    case Code::kTooNew:
    case Code::kInUse:
    case Code::kPermission:
    case Code::kIo:
    case Code::kConfig:
    case Code::kInternal:
      break;
  }
  return {"Internal", 500};
}

void Refuse(const model::Error& error, http::Response& response) {
  const HttpError told = HttpErrorOf(error.code);
  response.Clear();
  http::WriteError(response, told.status, told.code, error.message);
}

void Answer(const nlohmann::ordered_json& body, http::Response& response) {
  response.body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  response.body += '\n';
}

}  // namespace waypost::oper
