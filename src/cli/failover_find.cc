#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "cli/command.h"
#include "cli/failover_target.h"
#include "cli/url.h"

namespace waypost::cli {
namespace {

using model::Code;
using model::MakeError;

const nlohmann::json& Member(const nlohmann::json& json, const char* name) {
  static const nlohmann::json nothing;
  if (!json.is_object()) return nothing;
  const auto found = json.find(name);
  return found == json.end() ? nothing : *found;
}

model::Result<nlohmann::json> Ask(ApiDoor& api, const std::string& operation, const nlohmann::json& input) {
  constexpr std::chrono::seconds kPatience{10};
  WP_TRY(body, api.Call(operation, DumpJson(input), kPatience));
  nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return MakeError(Code::kIo, operation + " answered no JSON object; is it waypost?");
  return json;
}

/// The id of a service that is given as id or name.
model::Result<std::string> ResolveService(const std::string& service, const HttpClient& client) {
  if (service.starts_with("srv-")) return service;
  WP_TRY(body, client.Get(Target("/v1/explain").Parameter("name", service).str()));
  const std::string id = Text(nlohmann::json::parse(body, nullptr, false), "service");
  if (id.empty()) return MakeError(Code::kInvalidInput, "the server knows no service " + service);
  return id;
}

void ReadDnsConfig(const nlohmann::json& config, FoundService& service) {
  constexpr std::pair<std::string_view, DnsType> kTypes[] = {
      {"A", DnsType::kA}, {"AAAA", DnsType::kAaaa}, {"SRV", DnsType::kSrv}, {"CNAME", DnsType::kCname}};
  service.weighted = Text(config, "RoutingPolicy") == "WEIGHTED";
  for (const nlohmann::json& record : Member(config, "DnsRecords")) {
    for (const auto& [name, type] : kTypes) {
      if (Text(record, "Type") == name) service.types.push_back(type);
    }
  }
}

void ReadTags(const nlohmann::json& tags, FoundService& service) {
  for (const nlohmann::json& tag : tags) {
    if (Text(tag, "Key") != "waypost:answer-limit") continue;
    const std::string value = Text(tag, "Value");
    if (value == "all") service.answer_limit = FoundService::kAllAnswers;
    std::from_chars(value.data(), value.data() + value.size(), service.answer_limit);
  }
}

FoundInstance ReadInstance(const nlohmann::json& json) {
  FoundInstance instance{Text(json, "InstanceId"), Text(json, "HealthStatus")};
  const nlohmann::json& attributes = Member(json, "Attributes");
  if (!attributes.is_object()) return instance;
  for (const auto& [key, value] : attributes.items()) {
    if (value.is_string()) instance.attributes[key] = value.get<std::string>();
  }
  return instance;
}

}  // namespace

model::Result<FoundService> FindService(const std::string& service, const HttpClient& client, ApiDoor& api) {
  WP_TRY(id, ResolveService(service, client));
  WP_TRY(got, Ask(api, "GetService", {{"Id", id}}));
  const nlohmann::json& shown = Member(got, "Service");
  WP_TRY(got_namespace, Ask(api, "GetNamespace", {{"Id", Text(shown, "NamespaceId")}}));
  const nlohmann::json& in = Member(got_namespace, "Namespace");
  WP_TRY(tags, Ask(api, "ListTagsForResource", {{"ResourceARN", Text(shown, "Arn")}}));
  FoundService found;
  found.id = Text(shown, "Id");
  found.name = Text(shown, "Name");
  found.namespace_name = Text(Member(Member(in, "Properties"), "HttpProperties"), "HttpName");
  if (found.namespace_name.empty()) found.namespace_name = Text(in, "Name");
  ReadDnsConfig(Member(shown, "DnsConfig"), found);
  if (!found.types.empty()) found.owner = CanonicalName(found.name + "." + Text(in, "Name"));
  ReadTags(Member(tags, "Tags"), found);
  WP_TRY(discovered, Ask(api, "DiscoverInstances",
                         {{"NamespaceName", found.namespace_name},
                          {"ServiceName", found.name},
                          {"HealthStatus", "ALL"},
                          {"MaxResults", FailoverTarget::kInstancesMax}}));
  for (const nlohmann::json& instance : Member(discovered, "Instances")) {
    found.instances.push_back(ReadInstance(instance));
  }
  std::sort(found.instances.begin(), found.instances.end(),
            [](const FoundInstance& a, const FoundInstance& b) { return a.id < b.id; });
  return found;
}

std::string DiscoverBody(const FailoverTarget& target) {
  return nlohmann::json{{"NamespaceName", target.namespace_name},
                        {"ServiceName", target.service_name},
                        {"MaxResults", FailoverTarget::kInstancesMax}}
      .dump();
}

std::string HealthBody(const FailoverTarget& target) {
  return nlohmann::json{{"ServiceId", target.service_id}, {"Instances", nlohmann::json::array({target.instance})}}
      .dump();
}

std::string ReadHealth(const std::string& body, const FailoverTarget& target) {
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
  return Text(Member(json, "Status"), target.instance.c_str());
}

Reading ReadDiscovered(const std::string& body, const FailoverTarget& target) {
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
  const nlohmann::json& instances = Member(json, "Instances");
  if (!instances.is_array()) return {Said::kFailed};
  if (instances.empty()) return {Said::kEmpty};
  for (const nlohmann::json& instance : instances) {
    if (Text(instance, "InstanceId") == target.instance) return {Said::kNamed};
  }
  return {Said::kOthers};
}

}  // namespace waypost::cli
