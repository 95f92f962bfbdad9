#include "waypost/operator/explain.h"

#include <exception>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "operator/explain_answer.h"
#include "operator/explain_facts.h"
#include "operator/explain_query.h"
#include "operator/reply.h"

namespace waypost::oper {
namespace {

using model::Code;
using model::MakeError;

/// What the answer is made of while the checker is asked.
using Facts = std::shared_ptr<const ServiceFacts>;

void SendAnswer(const http::Deferred& deferred, const ServiceFacts& facts, const health::ServiceChecks& checks) {
  http::Response response;
  Answer(ExplainBody(facts, checks), response);
  deferred.Send(std::move(response));
}

}  // namespace

struct Explain::State {
  explicit State(ExplainOptions given) : options(std::move(given)), reader(options.view.domain()) {}

  ExplainClient ClientOf(const std::string& address) const {
    ExplainClient client;
    if (address.empty()) return client;
    if (options.zone_of) client.zone = options.zone_of(address);
    if (options.sees_private) client.sees_private = options.sees_private(address);
    return client;
  }

  model::Result<ServiceFacts> Gather(std::string_view query_text) {
    if (!options.view.ready()) return MakeError(Code::kNotReady, "the registry is being loaded; try again");
    WP_TRY(query, ReadExplainQuery(query_text));
    const ExplainClient client = ClientOf(query.client);
    const auto look = [&] {
      const std::lock_guard lock(mutex);
      return Look(options.view, reader, std::move(query), client, kListedMax);
    };
    WP_TRY(facts, look());
    facts.now = options.clock.Now();
    WP_CHECK(AddRecords(options.registry, facts));
    return facts;
  }

  http::Progress Serve(const http::Request& request, http::Response& response, http::Later& later) {
    auto gathered = Gather(request.query);
    if (!gathered.ok()) {
      Refuse(gathered.error(), response);
      return http::Progress::kDone;
    }
    const Facts facts = std::make_shared<const ServiceFacts>(std::move(gathered).value());
    if (!options.describe || facts->config->health_source == model::HealthSource::kNone) {
      Answer(ExplainBody(*facts, {}), response);
      return http::Progress::kDone;
    }
    const std::string only = facts->listed.size() == 1 ? facts->listed.front().id : "";
    options.describe(facts->id, only, [facts, deferred = later.Defer()](const health::ServiceChecks& checks) {
      SendAnswer(deferred, *facts, checks);
    });
    return http::Progress::kLater;
  }

  const ExplainOptions options;
  // Not one for each worker: people ask this, and a domain's readers are few.
  std::mutex mutex;
  view::Reader reader;
};

Explain::Explain(ExplainOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Explain::~Explain() = default;

http::Progress Explain::Serve(const http::Request& request, http::Response& response, http::Later& later) {
  try {
    return state_->Serve(request, response, later);
  } catch (const std::exception& problem) {
    Refuse(MakeError(Code::kInternal, problem.what()), response);
    return http::Progress::kDone;
  }
}

}  // namespace waypost::oper
