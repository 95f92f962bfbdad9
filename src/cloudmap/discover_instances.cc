#include "cloudmap/json_writer.h"
#include "cloudmap/operation.h"

namespace waypost::cloudmap {
namespace {

/// Whose answer is appended to a body.
using Append = void (*)(Call& call, const view::ServiceNode& node);

void AppendInstances(Call& call, const view::ServiceNode& node) {
  const DiscoverRequest& request = call.worker.discover;
  std::string& body = call.response.body;
  body += R"({"Instances":[)";
  // The revision first: an instance that comes between is then seen twice, never missed.
  const model::Revision revision = node.instances_revision();
  view::Discover(node.Answering(), {request.required, request.optional, request.health, request.max_results},
                 call.worker.random, call.worker.scratch, body);
  body += R"(],"InstancesRevision":)";
  AppendNumber(revision, body);
  body += '}';
}

void AppendRevision(Call& call, const view::ServiceNode& node) {
  std::string& body = call.response.body;
  body += R"({"InstancesRevision":)";
  AppendNumber(node.instances_revision(), body);
  body += '}';
}

/// Answers worker.discover, or says by false that the names are not to be found.
bool Answer(Call& call, Append append) {
  const DiscoverRequest& request = call.worker.discover;
  // Other accounts have nothing here.
  if (!request.owner_account.empty() && request.owner_account != call.context.identity().account) return false;
  const view::ReadSection section(call.worker.reader);
  const view::ServiceNode* node = call.context.view.FindService(request.namespace_name, request.service_name);
  if (node == nullptr) return false;
  append(call, *node);
  return true;
}

model::Error Missing(Call& call) {
  const DiscoverRequest& request = call.worker.discover;
  const std::string in(request.namespace_name);
  bool known = request.owner_account.empty() || request.owner_account == call.context.identity().account;
  if (known) {
    const view::ReadSection section(call.worker.reader);
    known = call.context.view.FindNamespaceByHttpName(request.namespace_name) != nullptr;
  }
  if (!known) return model::MakeError(model::Code::kNamespaceNotFound, "there is no namespace with the name " + in);
  return model::MakeError(model::Code::kServiceNotFound, "there is no service with the name " +
                                                             std::string(request.service_name) + " in namespace " + in);
}

Served AnswerOrMissing(Call& call, const Value& input, Append append) {
  ReadDiscover(input, call.worker.discover);
  if (!Answer(call, append)) return Missing(call);
  return http::Progress::kDone;
}

}  // namespace

// A name that is not found is left to the thorough way, which makes the error.
bool DiscoverInstancesQuickly(Call& call) {
  return ReadPlainDiscover(call.request.body, call.worker.discover) && Answer(call, AppendInstances);
}

bool DiscoverInstancesRevisionQuickly(Call& call) {
  return ReadPlainDiscover(call.request.body, call.worker.discover) && Answer(call, AppendRevision);
}

Served DiscoverInstances(Call& call, const Value& input) { return AnswerOrMissing(call, input, AppendInstances); }

Served DiscoverInstancesRevision(Call& call, const Value& input) {
  return AnswerOrMissing(call, input, AppendRevision);
}

}  // namespace waypost::cloudmap
