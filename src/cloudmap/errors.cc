#include "cloudmap/errors.h"

#include "cloudmap/json_writer.h"

namespace waypost::cloudmap {

using model::Code;

AwsError AwsErrorOf(Code code, Plane plane) {
  switch (code) {
    case Code::kInvalidInput:
      return {"InvalidInput", 400};
    case Code::kNamespaceNotFound:
      return {"NamespaceNotFound", 400};
    case Code::kNamespaceAlreadyExists:
      return {"NamespaceAlreadyExists", 400};
    case Code::kServiceNotFound:
      return {"ServiceNotFound", 400};
    case Code::kServiceAlreadyExists:
      return {"ServiceAlreadyExists", 400};
    case Code::kInstanceNotFound:
      return {"InstanceNotFound", 400};
    case Code::kOperationNotFound:
      return {"OperationNotFound", 400};
    case Code::kResourceInUse:
      return {"ResourceInUse", 400};
    case Code::kResourceLimitExceeded:
      return {"ResourceLimitExceeded", 400};
    case Code::kDuplicateRequest:
      return {"DuplicateRequest", 400};
    case Code::kTooManyTags:
      return {"TooManyTagsException", 400};
    case Code::kResourceNotFound:
      return {"ResourceNotFoundException", 400};
    case Code::kCustomHealthNotFound:
      return {"CustomHealthNotFound", 400};
    case Code::kServiceAttributesLimitExceeded:
      return {"ServiceAttributesLimitExceededException", 400};
    case Code::kRequestLimitExceeded:
      return {"RequestLimitExceeded", 400};
    case Code::kThrottled:
      return {plane == Plane::kData ? "RequestLimitExceeded" : "ThrottlingException", 400};
    case Code::kSerialization:
      return {"SerializationException", 400};
    case Code::kUnknownOperation:
      return {"UnknownOperationException", 400};
    case Code::kNotReady:
    case Code::kUnavailable:
      return {"ServiceUnavailable", 503};
    case Code::kCorrupt:
    case Code::kTooNew:
    case Code::kInUse:
    case Code::kPermission:
    case Code::kIo:
    case Code::kConfig:
    case Code::kInternal:
      break;
  }
  return {"InternalFailure", 500};
}

void WriteError(const model::Error& error, Plane plane, std::string request_id, http::Response& response) {
  const AwsError aws = AwsErrorOf(error.code, plane);
  response.Clear();
  response.status = aws.status;
  response.content_type = kJsonContentType;
  // Clients differ in which of the two spellings they read.
  JsonWriter json(response.body);
  json.Open('{').Text("__type", aws.type).Text("Message", error.message).Text("message", error.message);
  for (const auto& [name, value] : error.details) json.Text(name, value);
  json.Close('}');
  response.request_id = std::move(request_id);
  response.fields.emplace_back("x-amzn-ErrorType", std::string(aws.type));
}

}  // namespace waypost::cloudmap
