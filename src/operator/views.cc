#include "waypost/operator/views.h"

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>

#include "operator/health_context.h"
#include "operator/json_input.h"
#include "operator/json_time.h"
#include "operator/query.h"
#include "operator/view_name.h"

namespace waypost::oper {
namespace {

using model::Code;
using model::MakeError;
using model::NamedQuery;
using model::Result;
using nlohmann::ordered_json;

constexpr std::string_view kPath = "/v1/views";

ordered_json JsonOf(const HealthContext& context, const NamedQuery& query) {
  const auto in = context.options().view.GetNamespace(query.namespace_id);
  const std::string home = in ? in->value.has_dns() ? in->value.name : in->value.http_name : "";
  ordered_json attributes = ordered_json::object();
  for (const auto& [key, value] : query.filters) attributes[key] = value;
  ordered_json json = {{"name", query.name + "." + home},
                       {"namespace", query.namespace_id.str()},
                       {"service", query.service_id.str()},
                       {"service_name", context.NameOf(query.service_id)},
                       {"attributes", std::move(attributes)}};
  if (query.fallback) {
    json["fallback"] = query.fallback->str();
    json["fallback_name"] = context.NameOf(*query.fallback);
  }
  json["created"] = FormatTime(query.created);
  return json;
}

ordered_json JsonOf(const HealthContext& context, const view::NamedQueryInfo& info) {
  ordered_json json = JsonOf(context, info.value);
  json["instances"] = info.member_count;
  return json;
}

Result<http::Progress> ListViews(HealthContext& context, const http::Request&, http::Response& response, http::Later&) {
  ordered_json list = ordered_json::array();
  for (const view::NamedQueryInfo& info :
       context.options().view.ListNamedQueries([](const NamedQuery&) { return true; })) {
    list.push_back(JsonOf(context, info));
  }
  return Done(list, response);
}

/// The view that a path names. Err: kInvalidInput, kNamespaceNotFound, kResourceNotFound.
Result<view::NamedQueryInfo> FindView(HealthContext& context, const http::Request& request) {
  WP_TRY(full, DecodeSegment(request.path.substr(std::min(request.path.size(), kPath.size() + 1))));
  WP_TRY(name, context.Look([&](const view::View& view) { return ReadViewName(view, full); }));
  auto found = context.options().view.GetNamedQuery(name.in, name.name);
  if (!found) return MakeError(Code::kResourceNotFound, "there is no view " + full);
  return std::move(*found);
}

Result<http::Progress> ShowView(HealthContext& context, const http::Request& request, http::Response& response,
                                http::Later&) {
  WP_TRY(info, FindView(context, request));
  return Done(JsonOf(context, info), response);
}

/// Err: kServiceNotFound, kInvalidInput (a view).
Result<model::ServiceId> ServiceOf(const view::View& view, std::string_view text) {
  const view::ServiceNode* node = view.FindServiceByText(text);
  if (node == nullptr) return NoService(text);
  if (node->query() == nullptr) return node->id();
  return MakeError(Code::kInvalidInput, std::string(text) + " is a view; a view selects from a service");
}

Result<NamedQuery> ReadView(HealthContext& context, std::string_view body) {
  WP_TRY(input,
         ReadTextsAndMap(body, {{"name"}, {"namespace", false}, {"service"}, {"fallback", false}}, "attributes"));
  const Texts& texts = input.texts;
  return context.Look([&](const view::View& view) -> Result<NamedQuery> {
    const auto in = texts.find("namespace");
    const std::string& full = texts.at("name");
    WP_TRY(name, in == texts.end() ? ReadViewName(view, full) : ReadViewName(view, full, in->second));
    NamedQuery query;
    query.namespace_id = name.in;
    query.name = std::move(name.name);
    WP_TRY(service, ServiceOf(view, texts.at("service")));
    query.service_id = service;
    query.filters = std::move(input.map);
    if (const auto fallback = texts.find("fallback"); fallback != texts.end()) {
      WP_TRY(id, ServiceOf(view, fallback->second));
      query.fallback = id;
    }
    query.created = context.Now();
    return query;
  });
}

Result<http::Progress> PutView(HealthContext& context, const http::Request& request, http::Response&,
                               http::Later& later) {
  WP_TRY(query, ReadView(context, request.body));
  WP_CHECK(model::CheckNamedQuery(query));
  ordered_json answer = JsonOf(context, query);
  return context.Submit(registry::PutView{std::move(query)}, std::move(answer), later);
}

Result<http::Progress> DeleteView(HealthContext& context, const http::Request& request, http::Response&,
                                  http::Later& later) {
  WP_TRY(info, FindView(context, request));
  return context.Submit(registry::DeleteView{info.value.namespace_id, info.value.name}, ordered_json::object(), later);
}

}  // namespace

struct Views::State {
  explicit State(const ViewsOptions& options)
      : context(HealthOptions{.registry = options.registry, .view = options.view, .clock = options.clock}) {}
  HealthContext context;
  std::deque<HealthRoute> routes = {};  // handlers stay where they are
};

Views::Views(const ViewsOptions& options) : state_(std::make_unique<State>(options)) {}
Views::~Views() = default;

void Views::AddTo(http::Router& router) {
  const auto add = [&](std::string method, std::string path, HealthServe serve) {
    router.Add(std::move(method), std::move(path), state_->routes.emplace_back(state_->context, serve));
  };
  const std::string path(kPath);
  add("GET", path, ListViews);
  add("PUT", path, PutView);
  add("GET", path + "/", ShowView);
  add("DELETE", path + "/", DeleteView);
}

}  // namespace waypost::oper
