#pragma once

#include <string>

#include "cloudmap/call.h"
#include "cloudmap/json_value.h"
#include "waypost/registry/command.h"

namespace waypost::cloudmap {

/// Writes the body of an answer.
using AnswerWriter = void (*)(const Context& context, const registry::Receipt& receipt, std::string& body);

/// `{}`
void AnswerNothing(const Context& context, const registry::Receipt& receipt, std::string& body);
/// `{"OperationId":…}`
void AnswerOperation(const Context& context, const registry::Receipt& receipt, std::string& body);

/// A change on its way to the registry, and how its success is told.
struct Write {
  registry::Change change;
  AnswerWriter answer = AnswerNothing;
  std::string resource_name = {};  ///< what TooManyTagsException says of the resource
};

/// Hands the change to the registry, dated now; its writer answers the call.
http::Progress Submit(Call& call, Write write);

/// The id of the operation that a call leaves behind. With a request id in the member `request_id_member` it is derived
/// from that and the rest of the request, so that a retry finds the first try's operation; otherwise it is drawn.
registry::OperationId OperationIdFor(Call& call, const Value& input, std::string_view request_id_member);
registry::OperationId DrawnOperationId(Call& call);

}  // namespace waypost::cloudmap
