#pragma once

#include <string>

#include "waypost/model/random.h"
#include "waypost/view/edit.h"

namespace waypost::view {

/// Short ways to say what a test registers.
struct World {
  View view;
  model::Random random{7};

  World() { Edit(view).SetReady(); }

  model::Namespace AddNamespace(const std::string& name, model::NamespaceType type, model::Revision revision) {
    model::Namespace value;
    value.id = model::NamespaceId::Draw(random);
    value.type = type;
    value.name = value.http_name = name;
    value.soa_ttl = 60;
    Edit(view).PutNamespace(value, revision);
    return value;
  }

  model::Service AddService(const model::Namespace& in, const std::string& name, model::Revision revision,
                            bool custom_health = false, model::RecordType type = model::RecordType::kA) {
    model::Service value;
    value.id = model::ServiceId::Draw(random);
    value.namespace_id = in.id;
    value.name = name;
    value.custom_health = custom_health;
    if (in.has_dns()) {
      value.type = model::ServiceType::kDnsHttp;
      value.dns = model::DnsConfig{model::RoutingPolicy::kMultivalue, {{type, 60}}};
    }
    Edit(view).PutService(value, revision);
    return value;
  }

  static model::Instance MakeInstance(const model::ServiceId& service, const std::string& id,
                                      model::Attributes attributes) {
    model::Instance value;
    value.service_id = service;
    value.id = id;
    value.attributes = std::move(attributes);
    return value;
  }

  void Register(const model::Service& service, const std::string& id, model::Attributes attributes,
                model::Revision revision) {
    Edit(view).PutInstance(MakeInstance(service.id, id, std::move(attributes)), std::nullopt, revision);
  }
};

}  // namespace waypost::view
